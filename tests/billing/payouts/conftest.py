"""Services have names here, and what sellers are owed is proven after every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from billing.payouts.verification import RULES
from billing.rating import verification
from common import ports


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        ports.service_names, "_function", lambda ids: {each: f"Service {str(each)[:4]}" for each in ids}
    )


@pytest.fixture(autouse=True)
def _sellers_are_owed_what_the_books_say(request: pytest.FixtureRequest) -> Iterator[None]:
    uses_database = request.node.get_closest_marker("django_db") or "db" in request.fixturenames
    if uses_database:
        request.getfixturevalue("_django_db_helper")  # so that the database is still there afterwards
    yield
    if uses_database and not getattr(request.module, "BREAKS_THE_BOOKS", False):
        rules = {*RULES, "debits and credits sum up to zero per currency", "a transaction has entries"}
        assert [str(each) for each in verification.verify() if each.rule in rules] == []
