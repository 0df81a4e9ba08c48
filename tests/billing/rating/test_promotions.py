"""What promotions take off calls when they are settled: whose, on what, for whom, when, how often."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from billing.prices.models import PriceVersion
from billing.promotions import rule_book
from billing.promotions import services as promotions
from billing.promotions.models import PriceRule
from billing.rating import services as rating
from billing.rating.models import Charge, PeriodUsage
from billing.wallets.models import Lease, Wallet
from common import ports
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON, Process, funded_wallet, price_version, ship, usage_event
from tests.factories.promotions import BEFORE, TWENTY_OFF, Services, promotion

pytestmark = pytest.mark.django_db


@pytest.fixture
def services(monkeypatch) -> Services:
    known = Services()
    monkeypatch.setattr(ports.service_facts, "_function", known.facts)
    return known


@pytest.fixture
def seller():
    return TeamFactory(seller=True)


@pytest.fixture
def wallet() -> Wallet:
    return funded_wallet("100")


def call(wallet: Wallet, service_id, tokens: int = 10, **facts) -> Charge:
    """Settle one call of some dollars and return its charge."""
    event = usage_event(wallet, price_version(), service_id=service_id, usage={"output_tokens": tokens}, **facts)
    ship(event)
    rating.settle(limit=10)
    return Charge.objects.get(pk=event.event_id)


class TestAPromotion:
    def test_takes_its_part_off_and_stands_on_the_charge(self, services, seller, wallet):
        rule = promotion(seller, name="Spring sale")

        charge = call(wallet, services.add(seller))

        assert (charge.list_cost, charge.cost, charge.charged) == (10, 8, 8)
        assert charge.adjustments == [
            {
                "kind": "promotion",
                "id": str(rule.pk),
                "name": "Spring sale",
                "amount": "2.000000000000",
                "funded_by": "seller",
            }
        ]
        assert Wallet.objects.get(pk=wallet.pk).usage == 8

    def test_adds_to_what_the_month_says(self, services, seller, wallet):
        promotion(seller)
        promotion(None, {"type": "constant", "price": "-1"}, priority=-1)
        service = services.add(seller)

        for _ in range(2):
            call(wallet, service)

        row = PeriodUsage.objects.get()
        assert (row.listed, row.covered, row.discounted, row.discounted_by_platform, row.charged) == (20, 0, 6, 2, 14)

    def test_gives_back_to_the_wallet_what_the_gateway_had_counted_against_the_lease(self, services, seller, wallet):
        """The gateway knows list prices alone: 10 of its lease are gone for it, of which 8 are charged."""
        promotion(seller)
        lease, *_ = Process().draw(wallet, "30")

        call(wallet, services.add(seller), lease_id=lease, hold=Decimal(15))

        wallet.refresh_from_db()
        assert (wallet.usage, wallet.held, Lease.objects.get().amount) == (8, 20, 20)

    def test_counts_before_the_hold_does(self, services, seller, wallet):
        """A list cost of 10 with a hold of 9 is no loss when 8 are left."""
        promotion(seller)
        lease, *_ = Process().draw(wallet, "30")

        charge = call(wallet, services.add(seller), lease_id=lease, hold=Decimal(9))

        assert (charge.cost, charge.charged, charge.loss, charge.flags) == (8, 8, 0, [])

    def test_still_leaves_what_is_above_the_hold_to_the_platform(self, services, seller, wallet):
        promotion(seller)

        charge = call(wallet, services.add(seller), hold=Decimal(7))

        assert (charge.cost, charge.charged, charge.loss, charge.flags) == (8, 7, 1, ["above_hold"])

    def test_that_cannot_price_the_usage_is_left_out_and_flagged(self, services, seller, wallet):
        promotion(seller, {"type": "one_second", "price": "0"})

        charge = call(wallet, services.add(seller))

        assert (charge.cost, charge.adjustments, charge.flags) == (10, [], ["promotion_failed"])

    def test_is_used_when_a_charge_gets_its_price_later(self, services, seller, wallet):
        promotion(seller)
        wanted = uuid4()
        charge = call(wallet, services.add(seller), price_version_id=wanted)
        PriceVersion.objects.create(
            id=wanted, side="list", currency="USD", price={"type": "one_token", "price": "3"}, digest="any"
        )

        rating.reprice(charge=charge)

        charge.refresh_from_db()
        assert (charge.list_cost, charge.cost, charge.charged) == (30, 24, 24)


class TestStacking:
    def test_applies_the_highest_priority_first_then_the_oldest(self, services, seller, wallet):
        promotion(seller, {"type": "constant", "price": "-4"}, name="younger", priority=1)
        promotion(seller, {"type": "multiply", "factor": "0.5"}, name="youngest", priority=1)
        promotion(None, {"type": "constant", "price": "-1"}, name="first", priority=9)
        promotion(seller, {"type": "constant", "price": "0.5"}, name="last")

        charge = call(wallet, services.add(seller))

        assert [(each["name"], Decimal(each["amount"])) for each in charge.adjustments] == [
            ("first", 1),
            ("younger", 4),
            ("youngest", Decimal("2.5")),
            ("last", 2),
        ]
        assert charge.cost == Decimal("0.5")


class TestScope:
    @pytest.mark.parametrize(
        ("listed", "is_reached"),
        [
            ("*", True),
            (["acme/chat"], True),
            (["acme/other", "acme/chat"], True),
            (["acme"], False),
            (["chatty"], True),
        ],
    )
    def test_names_services_or_groups(self, listed, is_reached, services, seller, wallet):
        promotion(seller, scope={"services": listed})

        charge = call(wallet, services.add(seller, "acme/chat", (seller, "chatty")))

        assert charge.cost == (8 if is_reached else 10)

    def test_of_a_seller_ends_at_the_seller_s_own_services_and_groups(self, services, seller, wallet):
        other = TeamFactory(seller=True)
        promotion(seller)
        promotion(seller, scope={"services": ["shared", "acme/chat"]})

        assert call(wallet, services.add(other, "acme/chat", (seller, "shared"))).cost == 10
        assert call(wallet, services.add(seller, "other/one", (other, "shared"), (None, "shared"))).cost == 8

    def test_of_the_platform_is_everything_or_its_own_groups(self, services, seller, wallet):
        promotion(None, scope={"services": ["featured"]})

        assert call(wallet, services.add(seller, "a/one", (None, "featured"))).cost == 8
        assert call(wallet, services.add(seller, "a/two", (seller, "featured"))).cost == 10

    def test_follows_a_group_within_seconds(self, services, seller, wallet, monkeypatch):
        monkeypatch.setattr(rule_book, "FACTS_SECONDS", 0.0)
        promotion(seller, scope={"services": ["chatty"]})
        service = services.add(seller, "acme/chat")
        assert call(wallet, service).cost == 10

        services._known[service] = services._known[service]._replace(groups=frozenset({(seller.pk, "chatty")}))

        assert call(wallet, service).cost == 8

    def test_names_customers(self, services, seller, wallet):
        promotion(seller, scope={"customers": [str(wallet.team_id).upper(), str(uuid4())]})
        service = services.add(seller)

        assert call(wallet, service).cost == 8
        assert call(funded_wallet("100"), service).cost == 10

    def test_names_subscribers_of_a_plan(self, services, seller, wallet, monkeypatch):
        monkeypatch.setattr(ports.plans_of, "_function", lambda teams: {wallet.team_id: frozenset({"pro"})})
        promotion(seller, scope={"customers": {"subscription": "pro"}})
        promotion(seller, scope={"customers": {"subscription": "team"}})
        service = services.add(seller)

        assert call(wallet, service).cost == 8
        assert call(funded_wallet("100"), service).cost == 10

    def test_knows_no_service_that_is_gone(self, services, seller, wallet):
        promotion(None)

        assert call(wallet, uuid4()).cost == 10


class TestACode:
    def test_is_for_those_who_redeemed_it_before_their_call(self, services, seller, wallet):
        promotion(seller, scope={"customers": {"code": "WELCOME"}})
        service = services.add(seller)
        assert call(wallet, service).cost == 10

        promotions.redeem(team=wallet.team, code="WELCOME", by=None, now=NOON)

        assert call(wallet, service).cost == 8
        assert call(wallet, service, started_at=NOON - timedelta(seconds=1)).cost == 10
        assert call(funded_wallet("100"), service).cost == 10


class TestTime:
    def test_of_a_rule_is_when_the_call_started(self, services, seller, wallet):
        rule = promotion(seller, now=NOON)
        service = services.add(seller)
        promotions.pause(rule=rule, now=NOON + timedelta(hours=1))

        costs = [call(wallet, service, started_at=NOON + timedelta(minutes=m)).cost for m in (-1, 0, 59, 60)]

        assert costs == [10, 8, 8, 10]

    def test_ends_when_the_rule_expires(self, services, seller, wallet):
        promotion(seller, expires_at="2026-11-21T13:00:00+00:00")
        service = services.add(seller)

        costs = [call(wallet, service, started_at=NOON + timedelta(minutes=m)).cost for m in (59, 60)]

        assert costs == [8, 10]

    @pytest.mark.parametrize("status", ["draft", "paused"])
    def test_has_not_come_for_a_rule_that_is_not_active(self, status, services, seller, wallet):
        promotion(seller, status=status)

        assert call(wallet, services.add(seller)).cost == 10

    def test_comes_when_a_draft_is_activated(self, services, seller, wallet):
        rule = promotion(seller, status="draft")
        service = services.add(seller)
        call(wallet, service)

        promotions.activate(rule=rule, now=NOON)

        assert call(wallet, service).cost == 8

    def test_of_a_statement_rule_is_not_the_call_s(self, services, seller, wallet):
        promotion(seller, apply_at="statement")

        assert call(wallet, services.add(seller)).cost == 10


class TestAQuotaOfUses:
    def test_makes_so_many_calls_cheaper_and_no_more(self, services, seller, wallet):
        rule = promotion(seller, max_uses=3)
        price, service = price_version(), services.add(seller)
        ship(*(usage_event(wallet, price, service_id=service) for _ in range(5)))

        rating.settle(limit=2)
        rating.settle(limit=10)

        costs = sorted(Charge.objects.values_list("cost", flat=True))
        assert costs == [Decimal("0.8")] * 3 + [1, 1]
        uses = [each["use"] for charge in Charge.objects.all() for each in charge.adjustments]
        assert sorted(uses) == [1, 2, 3]
        assert PriceRule.objects.get(pk=rule.pk).uses == 3

    def test_counts_only_the_calls_that_were_made_cheaper(self, services, seller, wallet):
        rule = promotion(seller, {"type": "constant", "price": "5"}, max_uses=3)
        service = services.add(seller)

        call(wallet, service, tokens=5)
        call(wallet, service, tokens=0)
        call(wallet, service, tokens=6)

        assert PriceRule.objects.get(pk=rule.pk).uses == 1

    def test_can_be_raised_when_it_is_used_up(self, services, seller, wallet):
        promotion(seller, max_uses=1, name="few")
        service = services.add(seller)
        assert [call(wallet, service).cost for _ in range(2)] == [8, 10]

        promotion(seller, max_uses=2, name="few")

        assert [call(wallet, service).cost for _ in range(2)] == [8, 10]

    def test_is_kept_by_the_database_too(self, services, seller, wallet):
        promotion(seller, max_uses=1)

        with pytest.raises(DatabaseError, match="used up"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE promotions_pricerule SET uses = 2")


def test_rules_that_were_undone_are_forgotten(services, seller, wallet):
    service = services.add(seller)
    with transaction.atomic():
        promotion(seller, TWENTY_OFF, now=BEFORE)
        assert call(wallet, service).cost == 8
        transaction.set_rollback(True)

    assert call(wallet, service).cost == 10
