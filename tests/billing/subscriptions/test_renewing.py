"""From month to month: each is paid once, unpaid there is a grace, then a pause, then a fresh start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.conf import settings
from django.db import IntegrityError, connection

from accounts.teams.links import Link
from accounts.teams.models import Team
from billing.ledger.models import AccountKind, TransactionKind
from billing.ledger.services import account
from billing.promotions.models import Allowance
from billing.rating.verification import verify
from billing.subscriptions import queries, services
from billing.subscriptions.models import Fee, Subscription
from billing.wallets import services as wallets
from billing.wallets.models import Wallet
from tests.factories.billing import Process, funded_wallet, usd
from tests.factories.subscriptions import NOON, make_plan, make_subscription
from tests.fakes import mails

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GRACE = timedelta(days=settings.SUBSCRIPTION_GRACE_DAYS)


def renew(subscription, now):
    return services.renew(subscription_id=subscription.pk, now=now)


def pay_in(wallet, amount, key="later"):
    wallets.credit(wallet=wallet, amount=usd(amount), kind="payment", key=key, note="", by=None, now=NOON)


@pytest.fixture
def poor(db):
    """A customer whose money is enough for one month."""
    return funded_wallet("10")


class TestAYear:
    @pytest.mark.parametrize(
        ("anchor", "zone", "starts"),
        [
            # the 31st: the last day of shorter months, and the 31st again
            (
                (2026, 12, 31, 9),
                "UTC",
                ["2027-01-31 09:00", "2027-02-28 09:00", "2027-03-31 09:00", "2027-04-30 09:00"],
            ),
            ((2027, 1, 30, 9), "UTC", ["2027-02-28 09:00", "2027-03-30 09:00", "2027-04-30 09:00"]),
            # a leap year has a 29 February for all of them
            ((2027, 12, 29, 9), "UTC", ["2028-01-29 09:00", "2028-02-29 09:00", "2028-03-29 09:00"]),
            ((2028, 1, 31, 9), "UTC", ["2028-02-29 09:00", "2028-03-31 09:00"]),
            # 09:00 stays 09:00 on the customer's wall: clocks go forward on 28 March and back on 31 October 2027
            ((2027, 2, 28, 8), "Europe/Berlin", ["2027-03-28 07:00", "2027-04-28 07:00"]),
            ((2027, 9, 30, 7), "Europe/Berlin", ["2027-10-30 07:00", "2027-11-30 08:00"]),
            # 02:30 does not exist on 28 March 2027 in Berlin: an hour later
            ((2027, 1, 28, 1, 30), "Europe/Berlin", ["2027-02-28 01:30", "2027-03-28 01:30", "2027-04-28 00:30"]),
            # 01:30 exists twice on 7 November 2027 in New York: the first one
            ((2027, 9, 7, 5, 30), "America/New_York", ["2027-10-07 05:30", "2027-11-07 05:30", "2027-12-07 06:30"]),
            # 31 December there is still 30 December here
            ((2027, 12, 30, 12), "Pacific/Apia", ["2028-01-30 12:00", "2028-02-28 12:00", "2028-03-30 12:00"]),
        ],
    )
    def test_has_its_months_where_the_customers_calendar_has_them(self, db, anchor, zone, starts):
        wallet = funded_wallet("1000")
        Team.objects.filter(pk=wallet.team_id).update(timezone=zone)
        wallet.team.refresh_from_db()
        subscription = make_subscription(wallet.team, now=datetime(*anchor, tzinfo=UTC))

        renew(subscription, datetime.fromisoformat(f"{starts[-1]}+00:00"))

        found = [f"{fee.starts_at.astimezone(UTC):%Y-%m-%d %H:%M}" for fee in Fee.objects.order_by("number")]
        assert found[1:] == starts

    @pytest.mark.parametrize(
        ("day", "zone"), [(29, "UTC"), (30, "Europe/Berlin"), (31, "America/New_York"), (31, "Pacific/Apia")]
    )
    def test_under_a_clock_that_moves_by_hours_is_twelve_fees_and_twelve_quotas_without_a_gap(self, db, zone, day):
        wallet = funded_wallet("1000")
        Team.objects.filter(pk=wallet.team_id).update(timezone=zone)
        wallet.team.refresh_from_db()
        start = datetime(2027, 10, day, 22, 15, tzinfo=UTC)
        subscription = make_subscription(wallet.team, make_plan(fee="10"), now=start)

        now = start
        while now < datetime(2028, 10, 10, tzinfo=UTC):
            now += 31 * HOUR
            for pk in queries.due(now=now):
                services.renew(subscription_id=pk, now=now)

        fees = list(Fee.objects.order_by("number"))
        assert [fee.number for fee in fees] == list(range(1, 13))
        assert all(before.ends_at == after.starts_at for before, after in pairwise(fees))
        assert [fee.allowance.starts_at for fee in fees] == [fee.starts_at for fee in fees]
        assert Wallet.objects.get().settled == 1000 - 12 * 10
        assert subscription.enrollment_id == fees[-1].enrollment_id
        assert verify() == []


class TestRenew:
    def test_before_the_month_is_over_does_nothing(self, buyer):
        subscription = make_subscription(buyer)

        renew(subscription, subscription.ends_at - timedelta(microseconds=1))

        assert Fee.objects.count() == 1
        assert queries.due(now=subscription.ends_at - timedelta(microseconds=1)) == []

    def test_a_second_time_does_nothing(self, buyer):
        subscription = make_subscription(buyer)

        for _ in range(3):
            renew(subscription, subscription.ends_at)

        assert Fee.objects.count() == 2

    def test_takes_up_each_month_that_a_sleeping_scheduler_missed(self, buyer):
        subscription = make_subscription(buyer, make_plan(fee="10"))

        renew(subscription, NOON + 100 * DAY)

        assert [fee.number for fee in Fee.objects.order_by("number")] == [1, 2, 3, 4]
        assert Wallet.objects.get().settled == 60
        assert verify() == []

    def test_ends_the_old_quota_and_opens_the_new_one(self, buyer):
        subscription = make_subscription(buyer)

        renew(subscription, subscription.ends_at + HOUR)

        old, new = Allowance.objects.order_by("starts_at")
        assert old.ends_at == new.starts_at == subscription.ends_at


class TestWithoutMoney:
    def test_there_is_a_grace_in_which_calls_go_on_and_no_quota_is_granted(self, poor, told, mailoutbox):
        subscription = renew(make_subscription(poor.team), NOON + 30 * DAY + HOUR)

        assert subscription.status == "past_due"
        assert subscription.grace_ends_at == NOON + 30 * DAY + HOUR + GRACE
        assert (Fee.objects.count(), Allowance.objects.count()) == (1, 1)
        assert told == []
        assert verify() == []

    def test_it_is_tried_again_later_and_later(self, poor):
        subscription = make_subscription(poor.team)
        now, tries = subscription.ends_at, []
        for _ in range(24 * 3 - 1):
            if subscription.pk in queries.due(now=now):
                tries.append(round((now - subscription.ends_at) / HOUR))
                renew(subscription, now)
            now += HOUR

        assert tries == [0, 1, 3, 7, 15, 31, 55]

    def test_it_is_paid_in_full_and_from_its_start_when_money_comes_in_time(self, poor, told):
        subscription = make_subscription(poor.team)
        renew(subscription, subscription.ends_at)
        later = subscription.ends_at + 2 * DAY + timedelta(minutes=7)
        assert queries.due(now=later - DAY) != []
        renew(subscription, later - DAY)
        assert subscription.pk not in queries.due(now=later - DAY)

        pay_in(poor, "10")

        assert queries.due(now=later - DAY) == [subscription.pk]
        paid = renew(subscription, later)
        assert (paid.status, paid.starts_at, paid.unpaid_since) == ("active", subscription.ends_at, None)
        assert Fee.objects.get(number=2).starts_at == subscription.ends_at
        assert Wallet.objects.get().settled == 0
        assert told == []

    def test_it_is_suspended_when_the_grace_is_over(self, poor, told):
        subscription = make_subscription(poor.team)
        renew(subscription, subscription.ends_at)

        suspended = renew(subscription, subscription.ends_at + GRACE)

        assert suspended.status == "suspended"
        assert told == [(str(subscription.enrollment_id), "paused")]
        assert Fee.objects.count() == 1

    def test_a_suspended_one_begins_a_new_month_when_it_is_paid(self, poor, told):
        subscription = make_subscription(poor.team)
        renew(subscription, subscription.ends_at)
        renew(subscription, subscription.ends_at + GRACE)
        assert queries.due(now=subscription.ends_at + 10 * DAY) == []
        pay_in(poor, "12")
        back = subscription.ends_at + 10 * DAY

        assert queries.due(now=back) == [subscription.pk]
        paid = renew(subscription, back)

        assert (paid.status, paid.starts_at, paid.anchored_at) == ("active", back, back)
        assert told[-1] == (str(subscription.enrollment_id), "open")
        assert (Fee.objects.count(), Wallet.objects.get().settled) == (2, 2)
        assert renew(paid, paid.ends_at).status == "past_due"
        assert verify() == []

    def test_a_sweep_that_slept_through_the_grace_does_not_pay_for_the_pause(self, poor):
        subscription = make_subscription(poor.team)
        renew(subscription, subscription.ends_at)
        pay_in(poor, "10")

        paid = renew(subscription, subscription.ends_at + 20 * DAY)

        assert (paid.status, paid.starts_at) == ("active", subscription.ends_at + 20 * DAY)

    def test_a_plan_without_a_fee_goes_on_also_when_a_bank_has_taken_more_than_there_was(self, poor, told):
        subscription = make_subscription(poor.team, make_plan(fee="0", quantity=50))
        wallets.take_back(
            wallet=poor, amount=usd("25"), target=account(kind=AccountKind.CARD_CLEARING, currency="USD"),
            kind=TransactionKind.CHARGEBACK, key="bank", note="", by=None, now=NOON,
        )  # fmt: skip
        assert Wallet.objects.get().spendable < 0

        renewed = renew(subscription, subscription.ends_at)

        assert (renewed.status, renewed.number, told) == ("active", 2, [])

    def test_the_customer_may_pay_at_once_or_learns_what_is_missing(self, poor):
        subscription = make_subscription(poor.team)
        renew(subscription, subscription.ends_at)
        pay_in(poor, "4")

        with pytest.raises(services.FeeUnaffordable) as refused:
            services.pay_now(subscription_id=subscription.pk, now=subscription.ends_at + HOUR)
        assert refused.value.facts["amount"] == Decimal(6)

        pay_in(poor, "6", key="rest")
        assert services.pay_now(subscription_id=subscription.pk, now=subscription.ends_at + HOUR).status == "active"

    def test_the_wallet_is_looked_at_so_that_a_card_may_top_it_up(self, poor, monkeypatch):
        asked = []
        monkeypatch.setattr(
            "billing.subscriptions.services.paying.jobs.enqueue", lambda name, **facts: asked.append((name, facts))
        )
        subscription = make_subscription(poor.team)
        Wallet.objects.update(attention_below=5)

        renew(subscription, subscription.ends_at)

        assert ("billing.payments.attend", {"wallet_id": str(poor.pk)}) in asked

    def test_money_promised_to_calls_does_not_pay_a_fee(self, db):
        wallet = funded_wallet("20")
        subscription = make_subscription(wallet.team, make_plan(fee="10"))
        Process().draw(wallet, "8")

        assert renew(subscription, subscription.ends_at).status == "past_due"
        assert verify() == []


class TestMails:
    def test_tell_owners_what_to_do(self, poor, mailoutbox, django_capture_on_commit_callbacks):
        subscription = make_subscription(poor.team)
        with django_capture_on_commit_callbacks(execute=True):
            renew(subscription, subscription.ends_at)
        with django_capture_on_commit_callbacks(execute=True):
            renew(subscription, subscription.ends_at + GRACE)

        assert [each.subject for each in mailoutbox] == [
            "The monthly fee of Acme Chat could not be paid",
            "Acme Chat is paused",
        ]
        assert all("10.00 USD" in each.body for each in mailoutbox)
        pages = ["/wallet", f"/enrollments/{subscription.enrollment_id}"]
        assert all(mails.opened(each.body) == [Link(poor.team_id, page) for page in pages] for each in mailoutbox)


@pytest.mark.breaks_the_books
def test_a_period_that_is_not_paid_cannot_be_entered_not_even_by_sql(buyer):
    subscription = make_subscription(buyer)
    Subscription.objects.filter(pk=subscription.pk).update(number=2)

    with pytest.raises(IntegrityError, match="not paid"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
