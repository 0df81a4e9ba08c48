"""python -m benchmarks.pages [--services N] [--rows N]"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from config.embedded import engines
from domain import sealing


def main() -> None:
    """Start engines of its own, fill them, ask for every list, print the table, remove everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=5_000)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of request logs, half of them the customer's")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="pages-benchmark-"))
    folder.chmod(0o755)
    try:
        _set_up(engines.start_postgres(folder / "postgres", database="pages"), engines.start_redis(folder / "redis"))
        from benchmarks.pages import measure

        measure.report(arguments.services, arguments.rows)
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
