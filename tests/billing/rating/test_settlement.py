"""Settling the inbox: what is charged, once, from which money; and what happens to events that are not right."""

from __future__ import annotations

import json
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from billing.prices import services as prices
from billing.prices.models import PriceVersion, Side
from billing.rating import services as rating
from billing.rating.models import Charge, PeriodUsage, UsageInbox, UsageQuarantine
from billing.wallets.models import Lease, Wallet
from tests.factories.billing import Process, funded_wallet, price_version, ship, ship_raw, usage_event

pytestmark = pytest.mark.django_db


def settled(*events) -> rating.Settled:
    ship(*events)
    return rating.settle(limit=100)


def numbers(wallet: Wallet) -> tuple[Decimal, Decimal, Decimal]:
    wallet.refresh_from_db()
    return wallet.settled, wallet.usage, wallet.held


class TestSettle:
    def test_moves_the_cost_from_the_lease_to_the_usage(self):
        wallet, price = funded_wallet("10"), price_version()
        lease, *_ = Process().draw(wallet, "5")

        settled(usage_event(wallet, price, lease_id=lease, hold=Decimal(3), usage={"output_tokens": 2}))

        assert numbers(wallet) == (10, 2, 3)
        assert Lease.objects.get().amount == 3
        assert not UsageInbox.objects.exists()

    def test_writes_the_charge_with_everything_that_explains_it(self):
        wallet, price = funded_wallet("10"), price_version()
        lease, *_ = Process().draw(wallet, "5")
        service, enrollment, key = uuid4(), uuid4(), uuid4()
        event = usage_event(
            wallet,
            price,
            lease_id=lease,
            hold=Decimal(3),
            service_id=service,
            enrollment_id=enrollment,
            api_key_id=key,
            channel="byok \\N",
            flags=("estimated",),
            usage={"output_tokens": 2, "seconds": Decimal("1.5")},
        )

        settled(event)

        charge = Charge.objects.get()
        assert str(charge.event_id) == event.event_id
        assert (charge.wallet, charge.team, charge.price) == (wallet, wallet.team, price)
        assert (charge.service_id, charge.enrollment_id, charge.api_key_id) == (service, enrollment, key)
        assert (charge.lease_id, charge.channel, charge.outcome, charge.status) == (
            lease,
            "byok \\N",
            "completed",
            200,
        )
        assert (charge.hold, charge.cost, charge.charged, charge.loss) == (3, 2, 2, 0)
        assert (charge.state, charge.flags, charge.error) == ("charged", ["estimated"], "")
        assert charge.usage == {"output_tokens": 2, "seconds": "1.5"}
        assert (charge.started_at, charge.finished_at) == (event.started_at, event.finished_at)
        assert charge.period.isoformat() == "2026-11-01"

    def test_charges_an_event_once_however_often_it_comes(self):
        wallet, price = funded_wallet("10"), price_version()
        lease, *_ = Process().draw(wallet, "5")
        event = usage_event(wallet, price, lease_id=lease, hold=Decimal(1))

        assert ship(event, event) == 1
        assert ship(event) == 0
        assert rating.settle(limit=10) == rating.Settled(claimed=1, charges=1)
        assert settled(event) == rating.Settled(claimed=1, duplicates=1)
        assert numbers(wallet) == (10, 1, 4)

    def test_never_charges_more_than_was_held(self):
        wallet, price = funded_wallet("10"), price_version()
        lease, *_ = Process().draw(wallet, "5")

        settled(usage_event(wallet, price, lease_id=lease, hold=Decimal(3), usage={"output_tokens": 1000}))

        charge = Charge.objects.get()
        assert (charge.cost, charge.charged, charge.loss, charge.flags) == (1000, 3, 997, ["above_hold"])
        assert numbers(wallet) == (10, 3, 2)

    def test_never_takes_more_from_a_lease_than_it_has(self):
        wallet, price = funded_wallet("10"), price_version()
        lease, *_ = Process().draw(wallet, "5")

        settled(*(usage_event(wallet, price, lease_id=lease, usage={"output_tokens": 3}) for _ in range(3)))

        assert sorted(Charge.objects.values_list("charged", flat=True)) == [0, 2, 3]
        assert numbers(wallet) == (10, 5, 0)

    @pytest.mark.parametrize("ending", ["fenced", "never drawn", "another wallet's"])
    def test_charges_only_what_the_floor_allows_when_the_lease_is_gone(self, ending):
        wallet, price, process = funded_wallet("3", credit_limit="1"), price_version(), Process()
        if ending == "fenced":
            lease, *_ = process.draw(wallet, "2")
            Lease.objects.update(expires_at="2020-01-01T00:00Z")
            assert rating.end_leases(grace_seconds=0) == 1
        else:
            owner = funded_wallet("50")
            lease = process.draw(owner, "50")[0] if ending == "another wallet's" else uuid4()

        settled(*(usage_event(wallet, price, lease_id=lease, usage={"output_tokens": 3}) for _ in range(2)))

        assert sorted(Charge.objects.values_list("charged", flat=True)) == [1, 3]
        assert numbers(wallet) == (3, 4, 0)

    def test_takes_nothing_from_money_that_another_lease_holds(self):
        wallet, price = funded_wallet("3"), price_version()
        Process().draw(wallet, "2.5")

        settled(usage_event(wallet, price, usage={"output_tokens": 3}))

        assert Charge.objects.get().charged == Decimal("0.5")

    def test_records_calls_that_failed_without_charging_them(self):
        wallet, price = funded_wallet("10"), price_version()

        settled(usage_event(wallet, price, outcome="failed", status=502))

        charge = Charge.objects.get()
        assert (charge.cost, charge.outcome, charge.status) == (0, "failed", 502)
        assert not PeriodUsage.objects.exists()

    def test_adds_up_per_month_service_and_enrollment(self):
        wallet, price = funded_wallet("100"), price_version()
        one, other, enrollment = uuid4(), uuid4(), uuid4()
        first = usage_event(wallet, price, service_id=one)
        december = first.finished_at.replace(month=12)

        for _ in range(2):
            settled(
                usage_event(wallet, price, service_id=one, usage={"output_tokens": 2}),
                usage_event(wallet, price, service_id=one, usage={"output_tokens": 1, "seconds": Decimal("0.5")}),
                usage_event(wallet, price, service_id=one, enrollment_id=enrollment),
                usage_event(wallet, price, service_id=other, finished_at=december),
            )

        rows = PeriodUsage.objects.values_list("service_id", "enrollment_id", "period__month", "requests", "charged")
        assert set(rows) == {(one, None, 11, 4, 6), (one, enrollment, 11, 2, 2), (other, None, 12, 2, 2)}
        assert PeriodUsage.objects.get(charged=6).metrics == {"output_tokens": "6", "seconds": "1.0"}
        assert PeriodUsage.objects.get(service_id=other).metrics == {"output_tokens": "2"}

    def test_uses_the_price_version_that_the_event_names(self):
        wallet, old = funded_wallet("10"), price_version()
        price_version({"type": "one_token", "price": "5"})

        settled(usage_event(wallet, old))

        assert Charge.objects.get().cost == 1

    def test_takes_a_batch_in_order_and_leaves_the_rest(self):
        wallet, price = funded_wallet("10"), price_version()
        ship(*(usage_event(wallet, price) for _ in range(3)))

        assert rating.settle(limit=2).claimed == 2
        assert rating.settle(limit=2).claimed == 1
        assert rating.settle(limit=2).claimed == 0


class TestPoison:
    @pytest.mark.parametrize(
        "payload",
        ["", "{", "[]", "null", "{}", '"\\u0000"', '{"event_id": 1}', "[" * 10_000],
        ids=["empty", "cut", "list", "null", "no fields", "NUL", "wrong type", "deep"],
    )
    def test_sets_aside_what_is_no_event_and_settles_the_rest(self, payload):
        wallet, price = funded_wallet("10"), price_version()
        broken = uuid4()
        ship_raw([(broken, wallet.pk, None, payload)])

        outcome = settled(usage_event(wallet, price))

        assert (outcome.charges, outcome.quarantined) == (1, 1)
        aside = UsageQuarantine.objects.get()
        assert (aside.event_id, aside.payload) == (broken, payload)
        assert "cannot be read" in aside.error

    @pytest.mark.parametrize(
        "usage",
        [
            {"output_tokens": -1},
            {"output_tokens": "NaN"},
            {"output_tokens": "Infinity"},
            {"output_tokens": "1e400"},
            {"output_tokens": 10**16},
            {"output_tokens": True},
            {"output_tokens": None},
            {"output_tokens": [1]},
            {f"metric_{n}": 1 for n in range(41)},
        ],
        ids=str,
    )
    def test_sets_aside_hostile_usage(self, usage):
        wallet, price = funded_wallet("10"), price_version()
        event = usage_event(wallet, price)
        ship_raw([(event.event_id, wallet.pk, None, json.dumps({**event.to_json(), "usage": usage}))])

        assert rating.settle(limit=10).quarantined == 1
        assert numbers(wallet) == (10, 0, 0)

    def test_finds_the_one_event_that_postgresql_refuses_and_settles_the_rest(self):
        wallet, price = funded_wallet("10"), price_version()
        lease, *_ = Process().draw(wallet, "5")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE rating_charge ADD CONSTRAINT test_only CHECK (channel <> 'odd')")

        outcome = settled(
            *(
                usage_event(wallet, price, lease_id=lease, hold=Decimal(1), channel=channel)
                for channel in ("even", "odd", "even", "odd")
            )
        )

        assert (outcome.charges, outcome.quarantined) == (2, 2)
        assert numbers(wallet) == (10, 2, 3)
        assert all("test_only" in aside.error for aside in UsageQuarantine.objects.all())

    @pytest.mark.parametrize("fact", ["wallet_id", "team_id", "currency"])
    def test_sets_aside_an_event_that_names_no_wallet_of_its_team(self, fact):
        wallet, price = funded_wallet("10"), price_version()

        outcome = settled(usage_event(wallet, price, **{fact: "EUR" if fact == "currency" else uuid4()}))

        assert (outcome.charges, outcome.quarantined) == (0, 1)
        assert numbers(wallet) == (10, 0, 0)

    def test_sets_aside_an_event_that_is_not_its_row_s(self):
        wallet, price = funded_wallet("10"), price_version()
        event = usage_event(wallet, price)

        ship_raw([(uuid4(), wallet.pk, None, event.to_bytes().decode())])

        assert rating.settle(limit=10).quarantined == 1

    def test_settles_what_is_sent_back_once_the_cause_is_mended(self):
        wallet, price = funded_wallet("10"), price_version()
        event = usage_event(wallet, price, currency="EUR")
        settled(event)

        rating.retry(event_ids=[event.event_id])
        assert rating.settle(limit=10).quarantined == 1

        Wallet.objects.update(currency="EUR")
        rating.retry(event_ids=[event.event_id])
        assert rating.settle(limit=10).unpriced == 1
        assert not UsageQuarantine.objects.exists()
        Wallet.objects.update(currency="USD")


class TestUnpriced:
    PER_SECOND = {"type": "one_second", "price": "1"}

    def test_keeps_an_event_whose_price_cannot_bill_it_and_charges_nothing(self):
        wallet, price = funded_wallet("10"), price_version(self.PER_SECOND)
        lease, *_ = Process().draw(wallet, "5")

        assert settled(usage_event(wallet, price, lease_id=lease)).unpriced == 1

        charge = Charge.objects.get()
        assert (charge.state, charge.cost, charge.charged) == ("unpriced", 0, 0)
        assert "second" in charge.error
        assert numbers(wallet) == (10, 0, 5)
        assert not PeriodUsage.objects.exists()

    @pytest.mark.parametrize("kind", ["unknown", "payout", "another currency", "unreadable", "negative"])
    def test_says_what_is_wrong_with_the_price_version(self, kind):
        wallet = funded_wallet("10")
        price = {
            "unknown": lambda: price_version(),
            "payout": lambda: prices.version(side=Side.PAYOUT, currency="USD", price={"type": "step", "price": "1"}),
            "another currency": lambda: price_version(currency="EUR"),
            "unreadable": lambda: price_version({"type": "per_unicorn"}),
            "negative": lambda: price_version({"type": "constant", "price": "-1"}),
        }[kind]()
        facts = {"price_version_id": uuid4()} if kind == "unknown" else {}

        assert settled(usage_event(wallet, price, **facts)).unpriced == 1
        assert Charge.objects.get().error

    def test_prices_it_later_out_of_what_the_floor_allows(self):
        wallet = funded_wallet("0.75")
        wanted = uuid4()
        settled(usage_event(wallet, price_version(), price_version_id=wanted))
        charge = Charge.objects.get()
        with pytest.raises(rating.StillUnpriced):
            rating.reprice(charge=charge)

        PriceVersion.objects.create(
            id=wanted, side="list", currency="USD", price={"type": "one_token", "price": "0.5"}, digest="any"
        )
        for _ in range(2):
            rating.reprice(charge=charge)

        charge.refresh_from_db()
        assert (charge.state, charge.cost, charge.charged, charge.error) == (
            "charged",
            Decimal("0.5"),
            Decimal("0.5"),
            "",
        )
        assert numbers(wallet) == (Decimal("0.75"), Decimal("0.5"), 0)
        (row,) = PeriodUsage.objects.values_list("requests", "listed", "charged", "metrics")
        assert row == (1, Decimal("0.5"), Decimal("0.5"), {"output_tokens": "1"})


class TestTheDatabase:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE rating_charge SET charged = 0",
            "UPDATE rating_charge SET state = 'unpriced'",
            "DELETE FROM rating_charge",
            "TRUNCATE rating_charge",
        ],
    )
    def test_keeps_a_charge_as_it_was_written(self, statement):
        settled(usage_event(funded_wallet("10"), price_version()))

        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    @pytest.mark.parametrize("change", ["usage = '{}'", "hold = 1000", "wallet_id = gen_random_uuid()"])
    def test_lets_an_unpriced_charge_get_a_price_and_nothing_else(self, change):
        settled(usage_event(funded_wallet("10"), price_version(), price_version_id=uuid4()))

        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE rating_charge SET state = 'charged', error = '', {change}")
