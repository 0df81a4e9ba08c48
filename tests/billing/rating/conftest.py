"""The books are proven after every test that touched them, unless its module says that it breaks them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from billing.rating import verification


@pytest.fixture(autouse=True)
def _books_hold(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    uses_database = {"db", "transactional_db"} & set(request.fixturenames)
    if uses_database and not getattr(request.module, "BREAKS_THE_BOOKS", False):
        assert verification.verify() == []
