"""Promotions and the catalogue: scopes follow groups, and the service's page shows what lowers its price."""

from __future__ import annotations

import pytest

from billing.prices.models import PriceVersion
from billing.promotions import rule_book
from billing.rating import services as rating
from billing.rating.models import Charge
from common import ports
from marketplace.catalog.models import Service
from marketplace.catalog.services import groups, membership
from marketplace.catalog.services.groups import GroupContent
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.billing import funded_wallet, price_version, ship, usage_event
from tests.factories.marketplace import make_service
from tests.factories.promotions import promotion

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _asks_for_groups_each_time(monkeypatch):
    monkeypatch.setattr(rule_book, "FACTS_SECONDS", 0.0)


def charge(service: Service, price: PriceVersion) -> Charge:
    event = usage_event(funded_wallet("100"), price, service_id=service.pk, usage={"output_tokens": 10})
    ship(event)
    rating.settle(limit=1)
    return Charge.objects.get(pk=event.event_id)


class TestScope:
    def test_follows_who_is_in_a_group_at_the_time_of_the_charge(self):
        service = make_service()
        content = GroupContent(
            name="sale", display_name="Sale", status="private", expression="'on-sale' in tags", services=()
        )
        groups.store(owner=service.seller, content=content)
        promotion(service.seller, scope={"services": ["sale"]})
        price = price_version()
        assert charge(service, price).cost == 10

        service.tags = ["on-sale"]
        service.save(update_fields=["tags"])
        membership.refresh(service=service)
        assert charge(service, price).cost == 8

        service.tags = []
        service.save(update_fields=["tags"])
        membership.refresh(service=service)
        assert charge(service, price).cost == 10

    @pytest.mark.parametrize("status", ["draft", "archived"])
    def test_does_not_follow_a_group_that_is_not_live(self, status):
        service = make_service()
        groups.store(
            owner=service.seller,
            content=GroupContent(name="sale", display_name="Sale", status=status, services=({"name": service.name},)),
        )

        assert ports.service_facts([service.pk])[service.pk].groups == frozenset()

    def test_names_a_service(self):
        service = make_service()
        promotion(service.seller, scope={"services": [service.name]})

        assert charge(service, price_version()).cost == 8


class TestServicePage:
    def test_shows_promotions_beside_the_price(self, client):
        service = make_service()
        promotion(service.seller, name="Spring sale")
        promotion(None, name="Welcome gift", scope={"services": [service.name]})
        promotion(service.seller, name="Secret sale", scope={"customers": {"code": "SECRET"}})
        promotion(TeamFactory(seller=True), name="Of somebody else")

        shown = client.get(f"/market/{service.name}?tab=pricing").content.decode()

        assert "Spring sale" in shown
        assert "Welcome gift" in shown
        assert "20 % off" in shown
        assert "Secret sale" not in shown
        assert "Of somebody else" not in shown

    def test_shows_a_code_s_promotion_to_who_has_redeemed_it(self, client):
        service, buyer = make_service(), TeamFactory()
        rule = promotion(service.seller, name="Secret sale", scope={"customers": {"code": "SECRET"}})
        rule.redemptions.create(team=buyer, redeemed_at=rule.active_from)
        client.force_login(owner_of(buyer))

        assert "Secret sale" in client.get(f"/market/{service.name}?tab=pricing").content.decode()
