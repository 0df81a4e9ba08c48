"""The books, proven after a test."""

from __future__ import annotations

from collections.abc import Set

import pytest

from billing.rating import verification


def are_to_be_proven(request: pytest.FixtureRequest) -> bool:
    """Return whether a test keeps books that have to hold together, and have its database stay until they are proven.

    A mark gives a test the database without naming the fixture `db`, so both are looked at.
    """
    if request.node.get_closest_marker("breaks_the_books") is not None:
        return False
    has_mark = request.node.get_closest_marker("django_db") is not None
    has_fixture = bool({"db", "transactional_db"} & set(request.fixturenames))
    if not (has_mark or has_fixture) or "transactional_db" in request.fixturenames:
        return False
    request.getfixturevalue("_django_db_helper")
    return True


def broken_rules(*, leaving_out: Set[str] = frozenset()) -> list[str]:
    """Return what is wrong with the books."""
    return [str(each) for each in verification.verify() if each.rule not in leaving_out]
