"""Many at once, each in a transaction of its own: one fee a period, whoever comes first."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from billing.promotions.models import Allowance
from billing.rating.verification import verify
from billing.subscriptions import services
from billing.subscriptions.models import Fee, Subscription
from billing.wallets.models import Wallet
from common.errors import DomainError
from tests.factories.billing import funded_wallet
from tests.factories.subscriptions import make_plan, make_subscription, offer, terms

pytestmark = pytest.mark.usefixtures("transactional_db")


def together(*work: Callable[[], object]) -> list[object]:
    """Do it all at the same moment; return results and refusals in order."""
    start = Barrier(len(work))

    def one(each: Callable[[], object]) -> object:
        try:
            start.wait()
            return each()
        except DomainError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(one, work))


@pytest.fixture
def wallet():
    return funded_wallet("100")


def test_two_subscriptions_of_one_enrollment_are_one(wallet):
    plan, enrollment = make_plan(fee="10"), uuid4()

    found = together(*[lambda: make_subscription(wallet.team, plan, enrollment_id=enrollment)] * 4)

    assert sorted(type(each).__name__ for each in found) == ["AlreadySubscribed"] * 3 + ["Subscription"]
    assert Wallet.objects.get().settled == 90
    assert verify() == []


def test_sixteen_workers_renew_a_period_once(wallet):
    subscription = make_subscription(wallet.team, make_plan(fee="10"))

    together(*[lambda: services.renew(subscription_id=subscription.pk, now=subscription.ends_at)] * 16)

    assert Fee.objects.count() == Allowance.objects.count() == 2
    assert Wallet.objects.get().settled == 80
    assert verify() == []


def test_sixteen_workers_share_the_last_money_of_a_wallet_among_its_subscriptions(wallet):
    plan = make_plan(fee="10")
    mine = [make_subscription(wallet.team, plan) for _ in range(8)]
    ends_at = mine[0].ends_at

    together(*[lambda pk=each.pk: services.renew(subscription_id=pk, now=ends_at) for each in mine * 2])

    assert Wallet.objects.get().settled == 0
    found = list(Subscription.objects.values_list("status", flat=True))
    assert (found.count("active"), found.count("past_due")) == (2, 6)
    assert verify() == []


def test_a_cancellation_and_a_renewal_leave_a_paid_month_or_an_end(wallet):
    for _ in range(4):
        subscription = make_subscription(wallet.team, make_plan(fee="1"))
        now = subscription.ends_at

        together(
            lambda pk=subscription.pk, now=now: services.renew(subscription_id=pk, now=now),
            lambda pk=subscription.pk, now=now: services.cancel(subscription_id=pk, now=now),
        )

        left = Subscription.objects.get(pk=subscription.pk)
        if left.status == "ended":
            assert left.number == 1
        else:
            assert (left.number, left.cancels_at) == (2, left.ends_at)
    assert verify() == []


def test_an_upgrade_and_a_renewal_are_paid_one_after_the_other(wallet):
    small, large = offer(uuid4(), terms("small", "2"), terms("large", "4", 2000))
    subscription = make_subscription(wallet.team, small)
    now = subscription.ends_at + timedelta(hours=1)

    together(
        lambda: services.renew(subscription_id=subscription.pk, now=now),
        lambda: services.change_plan(subscription_id=subscription.pk, plan=large, now=now),
    )

    assert Subscription.objects.get().plan == large
    assert sorted(Fee.objects.values_list("kind", "number")) == [("period", 1), ("period", 2), ("upgrade", 2)]
    assert verify() == []
