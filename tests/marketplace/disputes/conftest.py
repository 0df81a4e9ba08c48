"""A customer's charge for a service that is on sale, and the books proven after every test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.rating import services as rating
from billing.rating.models import Charge
from marketplace.catalog.models import Service
from tests.factories.accounts import TeamFactory
from tests.factories.billing import funded_wallet, price_version, ship, usage_event
from tests.factories.books import are_to_be_proven, broken_rules
from tests.factories.marketplace import make_service


@pytest.fixture(autouse=True)
def _books_hold(request: pytest.FixtureRequest) -> Iterator[None]:
    is_proven = are_to_be_proven(request)
    yield
    if is_proven:
        assert broken_rules() == []


@pytest.fixture
def service(db) -> Service:
    share = {"type": "revenue_share", "percentage": "70"}
    return make_service(now=timezone.now(), offering={"payout_price": share})


@pytest.fixture
def seller(service):
    return service.seller


@pytest.fixture
def buyer(db):
    return TeamFactory()


@pytest.fixture
def outsider(db):
    return TeamFactory()


@pytest.fixture
def charge(buyer, service) -> Charge:
    """Three dollars, a minute ago, out of a wallet of ten."""
    return charged(buyer, service, 3)


def charged(buyer, service, tokens: int) -> Charge:
    """Let a call of `tokens` dollars have ended a minute ago."""
    wallet, ended = funded_wallet("10", team=buyer), timezone.now() - timedelta(minutes=1)
    event = usage_event(
        wallet,
        price_version(),
        service_id=service.pk,
        usage={"output_tokens": tokens},
        hold=Decimal(100),
        started_at=ended - timedelta(seconds=1),
        finished_at=ended,
    )
    ship(event)
    rating.settle(limit=10)
    return Charge.objects.get(pk=event.event_id)
