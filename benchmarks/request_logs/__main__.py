"""python -m benchmarks.request_logs [--rows N] [--days N] [--teams N] [--plans FILE]"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import own


def main() -> None:
    """Start a PostgreSQL of its own, fill it, measure every filter, print the table, remove it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=20, help="over so many days, the last one being today")
    parser.add_argument("--teams", type=int, default=100, help="half of all rows are the first one's")
    parser.add_argument("--plans", type=Path, help="write the plans of all searches here")
    arguments = parser.parse_args()
    with own.marketplace("request_logs"):
        from benchmarks.request_logs import measure

        measure.report(arguments.rows, arguments.days, arguments.teams, arguments.plans)


if __name__ == "__main__":
    main()
