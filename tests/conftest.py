"""What every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import settings

from config.embedded import for_tests

pytest_plugins = ["tests.fakes.committed"]

# The same examples on every run, so that a change is judged by what it changes; HYPOTHESIS_PROFILE=search looks on.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Copy a migrated database rather than migrate one for each worker."""
    connections["default"].settings_dict["TEST"]["TEMPLATE"] = for_tests.migrated_database()


@pytest.fixture(autouse=True, scope="session")
def _books_can_be_emptied_between_tests() -> Iterator[None]:
    """Tests that commit are followed by TRUNCATE, which the books refuse: here alone their triggers stand aside."""
    refuse = DatabaseOperations.execute_sql_flush

    def execute_sql_flush(operations: DatabaseOperations, statements: list[str]) -> Any:
        with transaction.atomic(using=operations.connection.alias):
            with operations.connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
            return refuse(operations, statements)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", execute_sql_flush)
        yield
