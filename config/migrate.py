"""`python -m config.migrate`: bring the database up to date, one process at a time however many are started at once."""

from __future__ import annotations

import os

import django
import psycopg

_LOCK = 5_302_771_964  # any number that no other advisory lock of ours uses


def main() -> None:
    """Wait for the lock, migrate, release it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from marketplace.catalog import services

    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as connection:
        # held by a connection of its own: migrations that open several transactions would drop it
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        call_command("migrate", interactive=False, verbosity=1)
        # the platform's group of everything on the market, which promotions and callers name
        services.ensure_platform_group()


if __name__ == "__main__":
    main()
