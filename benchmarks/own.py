"""A PostgreSQL and a Redis that a benchmark has for itself, migrated, and removed when it ends."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded import engines
from domain import sealing


@contextmanager
def marketplace(name: str) -> Iterator[None]:
    """Start both in a folder of their own and set Django up on them. What needs Django is imported inside."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name.replace('_', '-')}-benchmark-"))
    folder.chmod(0o755)
    try:
        _set_up(engines.start_postgres(folder / "postgres", database=name), engines.start_redis(folder / "redis"))
        yield
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
