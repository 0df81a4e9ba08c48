"""What every test may use."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from django.db import connections
from django.test import TransactionTestCase
from hypothesis import settings

from config.embedded import for_tests
from tests.fakes import emptied

pytest_plugins = ["tests.workers"]

# The same examples on every run, so that a change is judged by what it changes; HYPOTHESIS_PROFILE=search looks on.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over ten thousand tests, which live as long as the session."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Copy a migrated database rather than migrate one for each worker."""
    connections["default"].settings_dict["TEST"]["TEMPLATE"] = for_tests.migrated_database()


@pytest.fixture(autouse=True, scope="session")
def _database_is_emptied_between_tests() -> Iterator[None]:
    """Tests that commit leave nothing behind, not even in the books, which nobody else may empty."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: emptied.empty())
        yield
