"""On whose statement a call is: months in the wallet's time zone, and calls that come too late for theirs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from billing.prices.models import PriceVersion
from billing.rating import services as rating
from billing.rating.models import Charge, PeriodUsage, UsageQuarantine
from billing.wallets.models import Wallet
from common import jobs
from tests.factories.billing import funded_wallet, price_version, ship, usage_event

pytestmark = pytest.mark.django_db
NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)
#: The last half hour of November in London, the first one of December in Vienna.
TURN = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)


def settled(*events) -> None:
    ship(*events)
    rating.settle(limit=100)


def opened(wallet: Wallet, period: date | None, **facts: object) -> Wallet:
    """Put the wallet where the closing of a period leaves it: what is before is on a statement and no usage."""
    Wallet.objects.filter(pk=wallet.pk).update(open_period=period, **facts)
    return Wallet.objects.get(pk=wallet.pk)


class TestPeriod:
    @pytest.mark.parametrize(
        ("zone", "month"), [("UTC", NOVEMBER), ("Europe/Vienna", DECEMBER), ("America/New_York", NOVEMBER)]
    )
    def test_is_the_month_in_the_wallet_s_time_zone(self, zone, month):
        wallet = opened(funded_wallet("10"), None, time_zone=zone)

        settled(usage_event(wallet, price_version(), started_at=TURN, finished_at=TURN))

        assert Charge.objects.get().period == month
        assert PeriodUsage.objects.get().period == month

    def test_is_that_of_the_end_of_the_call(self):
        wallet = funded_wallet("10")

        settled(usage_event(wallet, price_version(), started_at=TURN, finished_at=TURN + timedelta(hours=1)))

        assert Charge.objects.get().period == DECEMBER

    def test_of_calls_to_come_is_their_own(self):
        wallet = opened(funded_wallet("10"), NOVEMBER)

        settled(usage_event(wallet, price_version(), finished_at=datetime(2027, 1, 5, tzinfo=UTC)))

        assert (Charge.objects.get().period, Charge.objects.get().flags) == (JANUARY, [])

    def test_of_channels_are_summed_apart(self):
        wallet, price = funded_wallet("10"), price_version()

        settled(
            *(usage_event(wallet, price, channel=channel) for channel in ("managed", "byok", None, "byok", 'a "b",{}'))
        )

        assert dict(PeriodUsage.objects.values_list("channel", "requests")) == {
            "managed": 1,
            "byok": 2,
            "": 1,
            'a "b",{}': 1,
        }

    @pytest.mark.parametrize("year", [1, 9999])
    def test_there_is_none_for_the_date_of_a_broken_clock(self, year):
        wallet, price = funded_wallet("10"), price_version()

        settled(usage_event(wallet, price, finished_at=datetime(year, 6, 1, tzinfo=UTC)), usage_event(wallet, price))

        assert Charge.objects.count() == 1
        assert "no date of a call" in UsageQuarantine.objects.get().error


class TestLateUsage:
    def test_counts_in_the_open_month_and_says_so(self):
        wallet = opened(funded_wallet("10"), DECEMBER)

        settled(usage_event(wallet, price_version(), finished_at=TURN))

        assert (Charge.objects.get().period, Charge.objects.get().flags) == (DECEMBER, ["late"])
        assert PeriodUsage.objects.values_list("period", "late", "requests").get() == (DECEMBER, True, 1)
        assert Wallet.objects.get().usage == 1

    def test_stands_beside_the_usage_of_the_month(self):
        wallet, price = opened(funded_wallet("10"), DECEMBER), price_version()

        settled(
            usage_event(wallet, price, finished_at=TURN),
            usage_event(wallet, price, finished_at=TURN + timedelta(days=1)),
            usage_event(wallet, price, finished_at=TURN - timedelta(days=40)),
        )

        assert set(PeriodUsage.objects.values_list("period", "late", "charged")) == {
            (DECEMBER, True, 2),
            (DECEMBER, False, 1),
        }

    def test_is_late_by_the_calendar_of_the_wallet(self):
        wallet = opened(funded_wallet("10"), DECEMBER, time_zone="Europe/Vienna")

        settled(usage_event(wallet, price_version(), finished_at=TURN))

        assert Charge.objects.get().flags == []


class TestUnpriced:
    def unpriced(self, wallet: Wallet) -> tuple[Charge, PriceVersion]:
        wanted = uuid4()
        settled(usage_event(wallet, price_version(), price_version_id=wanted, finished_at=TURN))
        price = PriceVersion.objects.create(
            id=wanted, side="list", currency="USD", price={"type": "one_token", "price": "0.5"}, digest="any"
        )
        return Charge.objects.get(), price

    def test_is_on_no_statement_until_it_has_its_price(self):
        self.unpriced(funded_wallet("10"))

        assert not PeriodUsage.objects.exists()

    def test_counts_in_its_month_while_that_is_open(self):
        wallet = funded_wallet("10")
        charge, _ = self.unpriced(wallet)

        rating.reprice(charge=charge)

        assert PeriodUsage.objects.values_list("period", "late", "charged").get() == (NOVEMBER, False, Decimal("0.5"))
        assert Charge.objects.get().flags == ["repriced"]

    def test_counts_in_the_open_month_when_its_own_is_closed(self):
        wallet = funded_wallet("10")
        charge, _ = self.unpriced(wallet)
        opened(wallet, DECEMBER)

        for _ in range(2):
            rating.reprice(charge=charge)

        charge.refresh_from_db()
        assert (charge.period, charge.flags) == (DECEMBER, ["late", "repriced"])
        assert PeriodUsage.objects.values_list("period", "late", "charged").get() == (DECEMBER, True, Decimal("0.5"))
        assert Wallet.objects.get().usage == Decimal("0.5")

    def test_can_move_to_a_later_month_only(self):
        charge, _ = self.unpriced(funded_wallet("10"))
        change = "UPDATE rating_charge SET state = 'charged', error = '', period = %s WHERE event_id = %s"

        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change, [date(2026, 10, 1), charge.pk])


class TestAttention:
    @pytest.fixture
    def called(self, monkeypatch) -> list[str]:
        names: list[str] = []
        monkeypatch.setattr(jobs, "enqueue", lambda name, wallet_id: names.append(f"{name} {wallet_id}"))
        return names

    @pytest.mark.parametrize(("limit", "is_called"), [(None, False), ("7", False), ("7.01", True), ("100", True)])
    def test_is_called_for_once_a_batch_below_the_limit(
        self, limit, is_called, called, django_capture_on_commit_callbacks
    ):
        wallet, price = opened(funded_wallet("10"), None, attention_below=limit), price_version()
        ship(*(usage_event(wallet, price) for _ in range(3)))

        with django_capture_on_commit_callbacks(execute=True):
            rating.settle(limit=10)

        assert called == ([f"billing.payments.attend {wallet.pk}"] if is_called else [])

    def test_is_not_called_for_by_calls_that_cost_nothing(self, called, django_capture_on_commit_callbacks):
        wallet = opened(funded_wallet("10"), None, attention_below="100")
        ship(usage_event(wallet, price_version(), outcome="failed", status=500))

        with django_capture_on_commit_callbacks(execute=True):
            rating.settle(limit=10)

        assert called == []

    def test_does_not_keep_a_batch_from_being_settled_when_the_broker_is_away(
        self, monkeypatch, django_capture_on_commit_callbacks
    ):
        def away(*_: object, **__: object) -> None:
            raise ConnectionError("no broker")

        monkeypatch.setattr(jobs, "enqueue", away)
        wallet = opened(funded_wallet("10"), None, attention_below="100")
        ship(usage_event(wallet, price_version()))

        with django_capture_on_commit_callbacks(execute=True):
            assert rating.settle(limit=10).charges == 1
