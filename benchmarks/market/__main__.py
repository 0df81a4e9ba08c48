"""python -m benchmarks.market [--services N] [--rounds N]"""

from __future__ import annotations

import argparse

from benchmarks import own


def main() -> None:
    """Start engines of its own, fill the market, measure its pages, print the table, remove everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    with own.marketplace("market"):
        from benchmarks.market import measure

        measure.report(arguments.services, arguments.rounds)


if __name__ == "__main__":
    main()
