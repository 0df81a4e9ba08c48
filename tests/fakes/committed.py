"""For tests that really commit: the books refuse to be emptied, so their guards sleep while we clean up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection


@pytest.fixture
def _guards_awake_again() -> Iterator[None]:
    """Set up first and torn down last, after the tables were emptied."""
    yield
    connection.close()


@pytest.fixture
def committed_db(_guards_awake_again: None, transactional_db: None) -> Iterator[None]:
    """The database without a surrounding transaction; use it instead of the mark `django_db(transaction=True)`."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
