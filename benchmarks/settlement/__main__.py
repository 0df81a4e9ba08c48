"""python -m benchmarks.settlement [--events N] [--batch N] [--workers N] [--rounds N] [--wallets 1,100,10000]"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from config.embedded import engines
from domain import sealing


def main() -> None:
    """Start a PostgreSQL of its own, measure, print the table, remove it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000, help="events settled in a round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds per number of wallets; the median counts")
    parser.add_argument("--batch", type=int, default=1000, help="events in one transaction")
    parser.add_argument("--workers", type=int, default=1, help="consumers side by side")
    parser.add_argument("--wallets", default="1,100,10000", help="numbers of wallets, one line each")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="settlement-benchmark-"))
    folder.chmod(0o755)
    try:
        _set_up(engines.start_postgres(folder / "postgres", database="settlement"))
        from benchmarks.settlement import measure

        measure.report(
            measure.Load(arguments.events, arguments.rounds, arguments.batch, arguments.workers),
            [int(count) for count in arguments.wallets.split(",")],
        )
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
