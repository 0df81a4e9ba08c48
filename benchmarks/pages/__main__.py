"""python -m benchmarks.pages [--services N] [--rows N]"""

from __future__ import annotations

import argparse

from benchmarks import own


def main() -> None:
    """Start engines of its own, fill them, ask for every list, print the table, remove everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=5_000)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of request logs, half of them the customer's")
    arguments = parser.parse_args()
    with own.marketplace("pages"):
        from benchmarks.pages import measure

        measure.report(arguments.services, arguments.rows)


if __name__ == "__main__":
    main()
