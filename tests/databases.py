"""The test database as a gateway reaches it."""

from __future__ import annotations

from django.db import connection


def address() -> str:
    """Return the test database's address as libpq reads it."""
    values = connection.get_connection_params()
    return f"dbname={values['dbname']} user={values.get('user') or ''} host={values.get('host') or ''}"
