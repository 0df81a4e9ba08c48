"""The page of a charge, and what the wallet's page says of usage."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client

from billing.rating import queries
from billing.rating import services as rating
from common import ports
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.billing import funded_wallet, price_version, ship, usage_event
from tests.factories.promotions import Services, allowance, promotion

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer():
    return TeamFactory()


@pytest.fixture
def seller():
    return TeamFactory(seller=True)


@pytest.fixture
def event_id(buyer, seller, monkeypatch) -> str:
    """A call of 10 tokens, 4 of them included, with half off the rest, and 0.25 off by the platform."""
    services, enrollment = Services(), uuid4()
    monkeypatch.setattr(ports.service_facts, "_function", services.facts)
    wallet = funded_wallet("100", team=buyer)
    allowance(wallet, enrollment, "4", name="Starter plan")
    promotion(seller, {"type": "multiply", "factor": "0.5"}, name="Half price", priority=1)
    promotion(None, {"type": "constant", "price": "-0.25"}, name="Gift")
    event = usage_event(
        wallet,
        price_version(),
        service_id=services.add(seller),
        enrollment_id=enrollment,
        usage={"output_tokens": 10},
        hold=Decimal("2.5"),
        channel="managed",
    )
    ship(event)
    rating.settle(limit=1)
    return event.event_id


def page(client: Client, team, address: str):
    client.force_login(owner_of(team))
    return client.get(address)


class TestChargePage:
    def test_shows_list_price_what_was_taken_off_and_what_was_charged(self, client, buyer, event_id):
        shown = page(client, buyer, f"/wallet/charges/{event_id}").content.decode()

        for word in ("Starter plan", "Included in your subscription", "Half price", "Gift", "output_tokens", "managed"):
            assert word in shown
        amounts = re.findall(r"−?\d+\.\d+(?= USD)", re.sub(r"<[^>]*>", "", shown))
        assert amounts == ["10.00", "−4.00", "−3.00", "−0.25", "2.75", "−0.25", "2.50"]
        assert "one_token: 10 x 1 = 10" in html.unescape(shown)

    def test_is_the_team_s_own(self, client, event_id):
        assert page(client, TeamFactory(), f"/wallet/charges/{event_id}").status_code == 404

    def test_says_when_a_charge_has_no_price_yet(self, client, buyer):
        event = usage_event(funded_wallet("1", team=buyer), price_version(), price_version_id=uuid4())
        ship(event)
        rating.settle(limit=1)

        assert "Not priced yet" in page(client, buyer, f"/wallet/charges/{event.event_id}").content.decode()

    def test_gives_no_arithmetic_for_a_call_that_costs_nothing(self, client, buyer):
        event = usage_event(funded_wallet("1", team=buyer), price_version(), outcome="failed", status=500)
        ship(event)
        rating.settle(limit=1)

        assert "Arithmetic" not in page(client, buyer, f"/wallet/charges/{event.event_id}").content.decode()


class TestWalletPage:
    def test_shows_list_price_and_what_was_taken_off_on_every_line(self, client, buyer, event_id):
        shown = page(client, buyer, "/wallet?month=2026-11").content.decode()

        assert f"/wallet/charges/{event_id}" in shown
        assert re.sub(r"<[^>]*>", "", shown).count("−7.25 USD") == 3  # the service, the month, the call


class TestExplain:
    def test_adds_up_from_the_list_price_to_the_charge(self, buyer, event_id):
        explained = queries.explain(queries.charge(team=buyer, event_id=event_id))

        assert [(each.kind, each.name, each.amount, each.funded_by) for each in explained.taken_off] == [
            ("allowance", "Starter plan", 4, "seller"),
            ("promotion", "Half price", 3, "seller"),
            ("promotion", "Gift", Decimal("0.25"), "platform"),
        ]
        assert (explained.list_cost, explained.cost, explained.charged) == (10, Decimal("2.75"), Decimal("2.5"))
        assert explained.to_json()["taken_off"][2]["amount"] == "0.250000000000"
