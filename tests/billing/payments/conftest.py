"""Money moves here, so the books are proven after every test that touched them; and cards that buyers have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from billing.rating import verification


@pytest.fixture(autouse=True)
def _books_hold(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    uses_database = {"db", "transactional_db"} & set(request.fixturenames)
    is_proven = "committed_db" in request.fixturenames or getattr(request.module, "BREAKS_THE_BOOKS", False)
    if uses_database and not is_proven:
        assert verification.verify() == []
