"""python -m benchmarks.request_logs [--rows N] [--days N] [--teams N] [--plans FILE]"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from config.embedded import engines
from domain import sealing


def main() -> None:
    """Start a PostgreSQL of its own, fill it, measure every filter, print the table, remove it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=20, help="over so many days, the last one being today")
    parser.add_argument("--teams", type=int, default=100, help="half of all rows are the first one's")
    parser.add_argument("--plans", type=Path, help="write the plans of all searches here")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="request-logs-benchmark-"))
    folder.chmod(0o755)
    try:
        _set_up(engines.start_postgres(folder / "postgres", database="request_logs"))
        from benchmarks.request_logs import measure

        measure.report(arguments.rows, arguments.days, arguments.teams, arguments.plans)
    finally:
        engines.stop_postgres(folder / "postgres")
        shutil.rmtree(folder, ignore_errors=True)


def _set_up(database_url: str) -> None:
    _, public_key = sealing.new_key_pair()
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings.test", DATABASE_URL=database_url, SECRETS_PUBLIC_KEY=public_key
    )
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


if __name__ == "__main__":
    main()
