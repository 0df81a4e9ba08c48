"""python -m benchmarks.settlement [--events N] [--batch N] [--wallets 1,100,10000]"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from config.embedded import engines
from domain import sealing


def main() -> None:
    """Start an engine of its own, measure, print the table, stop the engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50_000, help="events settled per line of the table")
    parser.add_argument("--batch", type=int, default=1000, help="events in one transaction")
    parser.add_argument("--wallets", default="1,100,10000", help="numbers of wallets, one line each")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "settlement-benchmark")
    arguments = parser.parse_args()
    engine = arguments.folder / "postgres"
    _set_up(engines.start_postgres(engine, database="settlement"))
    try:
        from benchmarks.settlement.measure import report

        report(
            events=arguments.events,
            batch=arguments.batch,
            wallet_counts=[int(count) for count in arguments.wallets.split(",")],
        )
    finally:
        engines.stop_postgres(engine)


def _set_up(database_url: str) -> None:
    _, public_key = sealing.new_key_pair()
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings.test", DATABASE_URL=database_url, SECRETS_PUBLIC_KEY=public_key
    )
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", "rating", verbosity=0)


if __name__ == "__main__":
    main()
