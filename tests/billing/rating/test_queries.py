"""What a team and the operators read of usage."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection

from billing.rating import queries
from billing.rating import services as rating
from billing.rating.queries import ServiceUsage
from common.errors import NotFound
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON, funded_wallet, price_version, ship, usage_event

pytestmark = pytest.mark.django_db

NOVEMBER = date(2026, 11, 21)


class TestUsageByService:
    def test_adds_up_the_month_dearest_first(self):
        buyer, price = TeamFactory(), price_version()
        wallet = funded_wallet("100", team=buyer)
        cheap, dear = uuid4(), uuid4()
        ship(
            usage_event(wallet, price, service_id=cheap, usage={"output_tokens": 1}),
            usage_event(wallet, price, service_id=dear, usage={"output_tokens": 5}),
            usage_event(wallet, price, service_id=dear, usage={"output_tokens": 2}, enrollment_id=uuid4()),
            usage_event(wallet, price, service_id=dear, finished_at=NOON + timedelta(days=20)),
        )
        rating.settle(limit=10)

        assert queries.usage_by_service(team=buyer, period=NOVEMBER) == [
            ServiceUsage(dear, 2, Decimal(7), Decimal(0), Decimal(0), Decimal(7), "USD"),
            ServiceUsage(cheap, 1, Decimal(1), Decimal(0), Decimal(0), Decimal(1), "USD"),
        ]

    def test_is_the_team_s_own(self):
        ship(usage_event(funded_wallet("10"), price_version()))
        rating.settle(limit=1)

        assert queries.usage_by_service(team=TeamFactory(), period=NOVEMBER) == []


class TestCharges:
    def test_come_newest_first_for_one_wallet(self):
        buyer, price = TeamFactory(), price_version()
        wallet = funded_wallet("10", team=buyer)
        events = [usage_event(wallet, price, started_at=NOON - timedelta(minutes=n)) for n in range(3)]
        ship(*events, usage_event(funded_wallet("10"), price))
        rating.settle(limit=10)

        assert [str(charge.pk) for charge in queries.charges(team=buyer)] == [event.event_id for event in events]
        assert not queries.charges(team=buyer, currency="EUR").exists()

    def test_are_read_off_the_index_a_page_at_a_time(self):
        wallet = funded_wallet("10")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute("SET LOCAL enable_sort = off")  # all at once: cheaper while there is little

        plan = queries.charges(team=wallet.team)[:10].explain()

        assert "charges_of_a_wallet" in plan
        assert "Incremental Sort" in plan

    def test_are_the_team_s_own(self):
        event = usage_event(funded_wallet("10"), price_version())
        ship(event)
        rating.settle(limit=1)
        outsider = TeamFactory()

        assert not queries.charges(team=outsider).exists()
        with pytest.raises(NotFound):
            queries.charge(team=outsider, event_id=event.event_id)


class TestExplain:
    def test_gives_the_arithmetic_of_the_charge(self):
        buyer = TeamFactory()
        event = usage_event(funded_wallet("10", team=buyer), price_version(), usage={"output_tokens": 3})
        ship(event)
        rating.settle(limit=1)

        explained = queries.explain(queries.charge(team=buyer, event_id=event.event_id))

        assert (explained.trace.cost, explained.list_cost, explained.taken_off, explained.cost) == (3, 3, (), 3)

    def test_has_nothing_to_say_of_an_unpriced_one(self):
        ship(usage_event(funded_wallet("10"), price_version(), price_version_id=uuid4()))
        rating.settle(limit=1)

        (unpriced,) = queries.unpriced()
        assert queries.explain(unpriced) is None


class TestLag:
    def test_counts_what_waits_and_how_long(self):
        assert queries.lag() == queries.Lag(0, 0)

        ship(usage_event(funded_wallet("10"), price_version()))

        lag = queries.lag()
        assert lag.waiting == 1
        assert lag.seconds >= 0
