"""Billing is tested without the floors above it: what it publishes is written down instead. And after every test that
touched the database the books are proven, unless its mark says that it breaks them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from common import ports
from tests.factories.books import are_to_be_proven, broken_rules
from tests.fakes.stripe.fixtures import _stripe_server, stripe, stripe_processor

__all__ = ["_stripe_server", "published", "stripe", "stripe_processor"]


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The records that were to be compiled anew, as (kind, key)."""
    written: list[tuple[str, str]] = []
    monkeypatch.setattr(ports.publish, "_function", lambda kind, key: written.append((kind, key)))
    return written


@pytest.fixture
def unproven() -> frozenset[str]:
    """Rules that the folder's tests break, because what they speak of is not made there."""
    return frozenset()


@pytest.fixture(autouse=True)
def _books_hold(request: pytest.FixtureRequest, unproven: frozenset[str]) -> Iterator[None]:
    is_proven = are_to_be_proven(request)
    yield
    if is_proven:
        assert broken_rules(leaving_out=unproven) == []
