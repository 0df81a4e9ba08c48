"""python -m benchmarks.market [--services N] [--rounds N]"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from config.embedded import engines
from domain import sealing


def main() -> None:
    """Start engines of its own, fill the market, measure its pages, print the table, remove everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="market-benchmark-"))
    folder.chmod(0o755)
    try:
        _set_up(engines.start_postgres(folder / "postgres", database="market"), engines.start_redis(folder / "redis"))
        from benchmarks.market import measure

        measure.report(arguments.services, arguments.rounds)
    finally:
        engines.stop_redis(folder / "redis")
        engines.stop_postgres(folder / "postgres")
        shutil.rmtree(folder, ignore_errors=True)


def _set_up(database_url: str, redis_url: str) -> None:
    _, public_key = sealing.new_key_pair()
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings.test",
        DATABASE_URL=database_url,
        REDIS_URL=redis_url,
        SECRETS_PUBLIC_KEY=public_key,
    )
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


if __name__ == "__main__":
    main()
