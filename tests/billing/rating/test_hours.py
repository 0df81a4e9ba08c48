"""The hours behind the usage charts: what settling adds to them, and counting them anew."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Thread
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from billing.prices.models import PriceVersion
from billing.rating import services as rating
from billing.rating.models import Charge, HourlySales, HourlyUsage
from billing.rating.services.hours import Hours, hour_of
from billing.rating.verification import verify
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON, funded_wallet, price_version, ship, usage_event

pytestmark = pytest.mark.django_db

NOVEMBER = date(2026, 11, 1)


def rows() -> list[tuple[object, ...]]:
    found = HourlyUsage.objects.order_by("starts_at", "alias", "channel")
    return list(found.values_list("starts_at", "alias", "channel", "requests", "failures", "charged"))


class TestSettling:
    def test_adds_calls_to_the_hour_in_which_they_ended(self):
        wallet, price = funded_wallet("100"), price_version()
        for _ in range(2):  # a second batch adds to the rows of the first
            ship(
                usage_event(wallet, price, usage={"output_tokens": 2}, path="/a/llm/v1/chat"),
                usage_event(wallet, price, status=500, path="/a/llm"),
                usage_event(wallet, price, finished_at=NOON + timedelta(hours=1)),
            )
            rating.settle(limit=10)

        assert rows() == [
            (NOON, "a/llm", "", 2, 2, Decimal(4)),
            (NOON + timedelta(hours=1), "", "", 2, 0, Decimal(2)),
        ]
        assert verify() == []

    def test_tells_services_channels_keys_and_names_apart(self):
        wallet, price, key = funded_wallet("100"), price_version(), uuid4()
        ship(
            usage_event(wallet, price),
            usage_event(wallet, price, service_id=uuid4()),
            usage_event(wallet, price, api_key_id=key),
            usage_event(wallet, price, channel="managed"),
            usage_event(wallet, price, path="/m/l/g/pool?_ttl=5m"),
        )
        rating.settle(limit=10)

        assert HourlyUsage.objects.count() == 5
        assert HourlyUsage.objects.get(alias="g/pool").requests == 1
        assert Charge.objects.get(alias="g/pool").charged == 1
        assert verify() == []

    def test_counts_an_event_once_however_often_it_comes(self):
        wallet = funded_wallet("100")
        event = usage_event(wallet, price_version())
        for _ in range(3):
            ship(event)
            rating.settle(limit=10)

        assert rows() == [(NOON, "", "", 1, 0, Decimal(1))]

    def test_counts_a_charge_when_it_has_its_price(self):
        wanted = uuid4()
        ship(usage_event(funded_wallet("10"), price_version(), price_version_id=wanted, path="/a/llm"))
        rating.settle(limit=10)
        assert rows() == []

        PriceVersion.objects.create(
            id=wanted, side="list", currency="USD", price={"type": "one_token", "price": "0.5"}, digest="any"
        )
        rating.reprice(charge=Charge.objects.get())

        assert rows() == [(NOON, "a/llm", "", 1, 0, Decimal("0.5"))]

    def test_keeps_what_came_late_on_the_month_of_its_statement(self):
        wallet = funded_wallet("100")
        wallet.open_period = NOVEMBER
        wallet.save(update_fields=["open_period"])
        ship(usage_event(wallet, price_version(), finished_at=datetime(2026, 10, 31, 23, 30, tzinfo=UTC)))
        rating.settle(limit=10)

        (row,) = HourlyUsage.objects.all()
        assert (row.period, row.starts_at) == (NOVEMBER, datetime(2026, 10, 31, 23, tzinfo=UTC))

    def test_leaves_the_platforms_own_tests_out_of_sales(self):
        testers = funded_wallet("100", team=TeamFactory(name=settings.TEST_CUSTOMER_TEAM))
        ship(usage_event(testers, price_version()), usage_event(funded_wallet("10"), price_version()))
        rating.settle(limit=10)

        (sale,) = HourlySales.objects.all()
        assert (sale.requests, sale.paid, sale.currency) == (1, Decimal(1), "USD")
        assert HourlyUsage.objects.count() == 2


class TestHourOf:
    @pytest.mark.parametrize(
        ("zone", "minute"), [("UTC", 0), ("Europe/Vienna", 0), ("Asia/Kolkata", 30), ("Asia/Kathmandu", 15)]
    )
    def test_is_the_hour_of_the_clocks_there(self, zone, minute):
        moment = datetime(2026, 11, 21, 12, 40, 5, 7, tzinfo=UTC)

        assert hour_of(moment, zone) == datetime(2026, 11, 21, 12, minute, tzinfo=UTC)

    @pytest.mark.parametrize("zone", ["Europe/Vienna", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"])
    def test_is_what_postgresql_says_also_where_an_hour_happens_twice(self, zone):
        moments = [datetime(2026, 10, 24, 12, 7, 9, 999999, tzinfo=UTC) + timedelta(minutes=17 * n) for n in range(200)]
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_hour(m, %s) FROM unnest(%s::timestamptz[]) AS m", [zone, moments])
            assert [hour for (hour,) in cursor] == [hour_of(moment, zone) for moment in moments]

    def test_is_the_same_when_it_is_remembered_for_a_minute(self):
        hours, vienna = Hours(), ZoneInfo("Europe/Vienna")
        first = datetime(2026, 10, 24, 22, 58, tzinfo=UTC)  # two hours before the clocks there are put back
        moments = [first + timedelta(seconds=13 * n) for n in range(1200)]
        moments += [moment.astimezone(vienna) for moment in moments]

        for zone in ("UTC", "Europe/Vienna", "Asia/Kathmandu", "Australia/Lord_Howe"):
            assert [hours.of(moment, zone) for moment in moments] == [hour_of(moment, zone) for moment in moments]


class TestRecount:
    def test_finds_what_settling_has_counted(self):
        vienna = funded_wallet("100")
        vienna.time_zone = "Asia/Kolkata"
        vienna.save(update_fields=["time_zone"])
        price = price_version()
        ship(
            usage_event(vienna, price, path="/a/llm", channel="x"),
            usage_event(vienna, price, status=404),
            usage_event(funded_wallet("10"), price, finished_at=NOON + timedelta(minutes=40)),
        )
        rating.settle(limit=10)
        counted = rows()
        sold = list(HourlySales.objects.order_by("starts_at").values_list("starts_at", "requests", "failures", "paid"))
        HourlyUsage.objects.update(requests=77)
        HourlySales.objects.all().delete()

        for _ in range(2):
            call_command("recount_usage")

        assert rows() == counted
        found = HourlySales.objects.order_by("starts_at").values_list("starts_at", "requests", "failures", "paid")
        assert list(found) == sold == [(NOON, 2, 1, Decimal(2))]

    def test_mends_what_the_verifier_finds(self):
        ship(usage_event(funded_wallet("10"), price_version()))
        rating.settle(limit=1)
        HourlyUsage.objects.update(charged=2)
        broken = [found.rule for found in verify()]

        call_command("recount_usage")

        assert broken == ["usage of the hours = charges, by month, service, channel, key and name"]
        assert verify() == []


@pytest.mark.django_db(transaction=True)
class TestBesideEachOther:
    def test_settlements_of_one_service_do_not_wait_for_each_other(self):
        """One has written the hours of a service and not committed; another one settles calls of it meanwhile."""
        price = price_version()
        first, second = funded_wallet("10"), funded_wallet("10")
        with transaction.atomic():
            ship(usage_event(first, price))
            rating.settle(limit=1)
            other = Thread(target=_settled, args=(usage_event(second, price),))
            other.start()
            other.join(timeout=20)
            assert not other.is_alive()

        assert sorted(HourlySales.objects.values_list("slot", "requests")) == [(0, 1), (1, 1)]


def _settled(event: object) -> None:
    try:
        ship(event)
        rating.settle(limit=1)
    finally:
        connection.close()
