"""Included quotas when calls are settled."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from billing.promotions import queries
from billing.promotions import services as promotions
from billing.promotions.models import Allowance
from billing.rating import services as rating
from billing.rating.models import Charge, PeriodUsage
from billing.wallets.models import Wallet
from common import ports
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON, Process, funded_wallet, price_version, ship, usage_event
from tests.factories.promotions import AFTER, BEFORE, Services, allowance, promotion

pytestmark = pytest.mark.django_db


@pytest.fixture
def wallet() -> Wallet:
    return funded_wallet("100")


@pytest.fixture
def enrollment() -> UUID:
    return uuid4()


def call(wallet: Wallet, enrollment: UUID, tokens: int = 10, **facts) -> Charge:
    event = usage_event(wallet, price_version(), enrollment_id=enrollment, usage={"output_tokens": tokens}, **facts)
    ship(event)
    rating.settle(limit=10)
    return Charge.objects.get(pk=event.event_id)


class TestAQuota:
    def test_covers_calls_until_it_is_used_up_and_splits_the_last_one(self, wallet, enrollment):
        quota = allowance(wallet, enrollment, "25")

        charges = [call(wallet, enrollment) for _ in range(4)]

        assert [charge.cost for charge in charges] == [0, 0, 5, 10]
        assert [charge.list_cost for charge in charges] == [10, 10, 10, 10]
        assert charges[2].adjustments == [
            {
                "kind": "allowance",
                "id": str(quota.pk),
                "name": "Starter",
                "amount": "5.000000000000",
                "funded_by": "seller",
                "metric": "tokens",
                "quantity": "5.000000000000",
            }
        ]
        assert Allowance.objects.get().used == 25
        row = PeriodUsage.objects.get()
        assert (row.requests, row.listed, row.covered, row.discounted, row.charged) == (4, 40, 25, 0, 15)

    def test_covers_the_calls_of_one_batch_in_their_order(self, wallet, enrollment):
        allowance(wallet, enrollment, "25")
        price = price_version()
        ship(*(usage_event(wallet, price, enrollment_id=enrollment, usage={"output_tokens": 10}) for _ in range(4)))

        rating.settle(limit=10)

        assert sorted(Charge.objects.values_list("cost", flat=True)) == [0, 0, 5, 10]

    def test_gives_back_to_the_wallet_what_the_call_had_taken_from_its_lease(self, wallet, enrollment):
        allowance(wallet, enrollment, "100")
        lease, *_ = Process().draw(wallet, "30")

        call(wallet, enrollment, lease_id=lease)

        wallet.refresh_from_db()
        assert (wallet.usage, wallet.held, wallet.spendable) == (0, 20, 80)

    def test_of_requests_counts_calls(self, wallet, enrollment):
        allowance(wallet, enrollment, "2", metric="requests")

        assert [call(wallet, enrollment, tokens=n).cost for n in (3, 5, 7)] == [0, 0, 7]

    def test_is_of_one_enrollment_and_one_wallet(self, wallet, enrollment):
        allowance(wallet, enrollment, "100")

        assert call(wallet, uuid4()).cost == 10
        assert call(funded_wallet("100"), enrollment).cost == 10
        assert call(wallet, None).cost == 10

    def test_covers_calls_that_start_in_its_time(self, wallet, enrollment):
        allowance(wallet, enrollment, "1000", starts_at=NOON, ends_at=NOON + timedelta(hours=1))

        costs = [call(wallet, enrollment, started_at=NOON + timedelta(minutes=m)).cost for m in (-1, 0, 59, 60)]

        assert costs == [10, 0, 0, 10]

    def test_that_ends_first_is_used_first(self, wallet, enrollment):
        allowance(wallet, enrollment, "100", name="year")
        allowance(wallet, enrollment, "8", name="month", ends_at=NOON + timedelta(days=3))

        charge = call(wallet, enrollment)

        assert [(each["name"], Decimal(each["quantity"])) for each in charge.adjustments] == [("month", 8), ("year", 2)]
        assert charge.cost == 0

    def test_is_not_used_by_calls_that_cost_nothing(self, wallet, enrollment):
        allowance(wallet, enrollment, "100")

        call(wallet, enrollment, outcome="failed", status=502)

        assert Allowance.objects.get().used == 0

    def test_comes_before_promotions_which_lower_the_rest(self, wallet, enrollment, monkeypatch):
        services, seller = Services(), TeamFactory(seller=True)
        monkeypatch.setattr(ports.service_facts, "_function", services.facts)
        promotion(seller)
        allowance(wallet, enrollment, "5")

        charge = call(wallet, enrollment, service_id=services.add(seller))

        assert [(each["kind"], Decimal(each["amount"])) for each in charge.adjustments] == [
            ("allowance", 5),
            ("promotion", 1),
        ]
        assert charge.cost == 4


class TestTheGateway:
    def test_is_told_when_a_quota_is_granted_used_up_or_ended(self, wallet, enrollment, published):
        published.clear()
        allowance(wallet, enrollment, "15")
        assert published == [("customer", str(wallet.team_id))]

        call(wallet, enrollment)
        assert len(published) == 1
        call(wallet, enrollment)
        assert len(published) == 2

        quota = allowance(wallet, enrollment, "15")
        promotions.end_allowance(allowance=quota, now=NOON)
        assert len(published) == 4


class TestGranting:
    def test_grants_once_for_one_key(self, wallet, enrollment):
        one, other = (allowance(wallet, enrollment, "15", key="period 1") for _ in range(2))

        assert one == other

    @pytest.mark.parametrize(
        ("facts", "word"),
        [
            ({"metric": "unicorns"}, "no metric"),
            ({"included": "0"}, "no quantity"),
            ({"included": "-1"}, "no quantity"),
            ({"included": "NaN"}, "no quantity"),
            ({"included": "1e15"}, "no quantity"),
            ({"ends_at": BEFORE}, "ends before"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, facts, word, wallet, enrollment):
        with pytest.raises(promotions.AllowanceInvalid, match=word):
            allowance(wallet, enrollment, **{"included": "5", **facts})

    def test_shows_what_is_live(self, wallet, enrollment):
        quota = allowance(wallet, enrollment, "15")
        allowance(wallet, enrollment, "15", ends_at=NOON)

        assert list(queries.live_allowances(enrollment_ids=[enrollment], at=NOON)) == [quota]
        assert not queries.live_allowances(enrollment_ids=[enrollment], at=AFTER).exists()


class TestEnding:
    def test_leaves_the_calls_before_it_covered(self, wallet, enrollment):
        quota = allowance(wallet, enrollment, "100")

        promotions.end_allowance(allowance=quota, now=NOON)
        promotions.end_allowance(allowance=quota, now=NOON + timedelta(days=1))

        assert call(wallet, enrollment, started_at=NOON - timedelta(seconds=1)).cost == 0
        assert call(wallet, enrollment, started_at=NOON).cost == 10


class TestTheDatabase:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ("UPDATE promotions_allowance SET used = used - 1", "fixed"),
            ("UPDATE promotions_allowance SET included = 1000", "fixed"),
            ("UPDATE promotions_allowance SET metric = 'requests'", "fixed"),
            ("UPDATE promotions_allowance SET used = 16", "never_used_beyond"),
            ("DELETE FROM promotions_allowance", "fixed"),
        ],
    )
    def test_keeps_a_quota_as_it_was_granted(self, change, said, wallet, enrollment):
        allowance(wallet, enrollment, "15")
        call(wallet, enrollment)

        with pytest.raises(DatabaseError, match=said), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
