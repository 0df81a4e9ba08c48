"""Many consumers, redemptions and a close at once: quotas are exact, and nothing falls between two months."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from billing.promotions import services as promotions
from billing.promotions.models import Allowance, PriceRule, Redemption
from billing.rating import services as rating
from billing.rating import verification
from billing.rating.models import Charge, PeriodUsage
from billing.wallets import queries as wallets
from billing.wallets.models import Wallet
from common import ports
from domain import periods
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON, funded_wallet, price_version, ship, usage_event
from tests.factories.promotions import Services, allowance, promotion

pytestmark = pytest.mark.django_db(transaction=True)
CONSUMERS = 16


def at_once(*works: Callable[[], object]) -> list[object]:
    """Run all of it in threads of their own, started together, and return what came out. The first error is raised."""
    ready = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            ready.wait(timeout=60)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [each.result() for each in [pool.submit(run, work) for work in works]]


def consume() -> None:
    """Settle in small batches until nothing is left."""
    while rating.settle(limit=7).claimed:
        pass


class TestAQuota:
    def test_is_used_to_the_last_unit_by_many_consumers(self):
        wallet, price, enrollment = funded_wallet("10000"), price_version(), uuid4()
        allowance(wallet, enrollment, "1000", name="first")
        allowance(wallet, enrollment, "333", name="second", ends_at=NOON + timedelta(days=900))
        chance = random.Random(5)
        amounts = [chance.randint(0, 20) for _ in range(400)]
        ship(*(usage_event(wallet, price, enrollment_id=enrollment, usage={"output_tokens": each}) for each in amounts))

        at_once(*[consume] * CONSUMERS)

        assert set(Allowance.objects.values_list("name", "used")) == {("first", 1000), ("second", 333)}
        assert Charge.objects.aggregate(total=Sum("charged"))["total"] == sum(amounts) - 1333
        assert Wallet.objects.get().usage == sum(amounts) - 1333
        assert verification.verify() == []


class TestAQuotaOfUses:
    def test_makes_exactly_so_many_calls_of_all_customers_cheaper(self, monkeypatch):
        services, seller = Services(), TeamFactory(seller=True)
        monkeypatch.setattr(ports.service_facts, "_function", services.facts)
        service, price = services.add(seller), price_version()
        rule = promotion(seller, {"type": "multiply", "factor": "0"}, max_uses=137)
        buyers = [funded_wallet("1000") for _ in range(5)]
        ship(*(usage_event(buyers[number % 5], price, service_id=service) for number in range(300)))

        at_once(*[consume] * CONSUMERS)

        assert Charge.objects.filter(cost=0).count() == 137
        assert PriceRule.objects.get(pk=rule.pk).uses == 137
        assert verification.verify() == []


class TestRedeeming:
    def test_by_many_at_once_keeps_the_quota(self):
        promotion(TeamFactory(seller=True), scope={"customers": {"code": "FEW"}}, max_uses=3)
        buyers = [TeamFactory() for _ in range(12)]

        def redeem(team) -> bool:
            try:
                promotions.redeem(team=team, code="FEW", by=None, now=NOON)
            except promotions.CodeUsedUp:
                return False
            return True

        outcomes = at_once(*[lambda team=team: redeem(team) for team in buyers])

        assert outcomes.count(True) == 3 == Redemption.objects.count()

    def test_by_one_team_at_once_counts_once(self):
        promotion(TeamFactory(seller=True), scope={"customers": {"code": "ONCE"}}, max_uses=3)
        buyer = TeamFactory()

        def redeem() -> bool:
            try:
                promotions.redeem(team=buyer, code="ONCE", by=None, now=NOON)
            except promotions.CodeAlreadyRedeemed:
                return False
            return True

        assert at_once(*[redeem] * 8).count(True) == 1


class TestClosingAMonth:
    """A close is what moves `open_period` and takes the month's charges out of `usage`, under the wallet's lock."""

    MONTHS = [date(2026, month, 1) for month in range(1, 13)]

    def close(self, wallet: Wallet, frozen: dict[date, Decimal], months: Iterator[date]) -> None:
        for month in months:
            with transaction.atomic():
                row = wallets.lock_wallet(wallet.pk)
                found = PeriodUsage.objects.filter(wallet=row, period=month).aggregate(total=Sum("charged"))["total"]
                frozen[month] = found or Decimal(0)
                row.usage -= frozen[month]
                row.open_period = periods.following(month)
                # the statement's entry in the ledger is another floor's; without it the money would be free again
                row.held += frozen[month]
                row.save(update_fields=["usage", "open_period", "held"])

    @pytest.mark.breaks_the_books
    def test_while_calls_of_it_still_come_in_loses_and_doubles_nothing(self):
        wallet, price = funded_wallet("100000"), price_version()
        Wallet.objects.update(time_zone="America/New_York", open_period=self.MONTHS[0])
        chance = random.Random(3)
        year = datetime(2026, 1, 1, 5, tzinfo=UTC)
        events = [
            usage_event(wallet, price, finished_at=year + timedelta(minutes=chance.randrange(525_600)))
            for _ in range(500)
        ]
        frozen: dict[date, Decimal] = {}

        def ship_all() -> None:
            for start in range(0, len(events), 20):
                ship(*events[start : start + 20])

        def consume_until_all_is_settled() -> None:
            while Charge.objects.count() < len(events):
                rating.settle(limit=9)

        at_once(
            ship_all, lambda: self.close(wallet, frozen, iter(self.MONTHS[:9])), *[consume_until_all_is_settled] * 8
        )
        self.close(wallet, frozen, iter(self.MONTHS[9:]))

        assert sum(frozen.values()) + Wallet.objects.get().usage == len(events)
        charged = {
            month: Charge.objects.filter(period=month).aggregate(total=Sum("charged"))["total"] or 0 for month in frozen
        }
        assert charged == frozen
        for charge in Charge.objects.all():
            month = periods.label(charge.finished_at, "America/New_York")
            assert charge.period > month if "late" in charge.flags else charge.period == month
