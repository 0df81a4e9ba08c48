"""What is written meanwhile, by PostgreSQL's own count: which no signal, manager or raw statement goes around."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

#: Written to by whoever is there, whatever they ask for: {table: why}.
NOTES = {
    "django_session": "who is logged in, and when they were seen",
}
# as pg_stat_xact_user_tables says, without all that it finds out beside
_COUNTED = """
SELECT relname, written FROM pg_class, LATERAL (
    SELECT pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
        + pg_stat_get_xact_tuples_deleted(oid)
) AS counted (written)
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND written > 0
"""


@contextmanager
def written() -> Iterator[set[str]]:
    """Yield a set that holds, at the end, the tables to which rows were added, changed or removed meanwhile.

    What was taken back is counted too. Within one transaction, as every test is.
    """
    tables: set[str] = set()
    before = _counted()
    yield tables
    tables |= {table for table, count in _counted().items() if count != before.get(table, 0)} - NOTES.keys()


def _counted() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED)
        return dict(cursor.fetchall())
