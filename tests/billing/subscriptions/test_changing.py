"""Upgrades now and in proportion, downgrades with the next month; cancelling, and taking it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from billing.promotions.models import Allowance
from billing.rating.verification import verify
from billing.subscriptions import queries, services
from billing.subscriptions.models import Fee, FeeKind
from billing.wallets.models import Wallet
from tests.domain.pricing.test_documentation import rows
from tests.factories.billing import funded_wallet
from tests.factories.subscriptions import NOON, make_plan, make_subscription, offer, terms

pytestmark = pytest.mark.django_db
APRIL = datetime(2027, 4, 1, tzinfo=UTC)
DAY = timedelta(days=1)
UPGRADES = rows(
    "subscriptions.md", "Old plan", "New plan", "Days left of 30", "Credited", "Charged", "Paid", "Quota on top"
)


@pytest.fixture
def service(db):
    return uuid4()


@pytest.fixture
def small_and_large(service):
    """Two plans of one service."""
    return offer(service, terms("small", "10", 1000), terms("large", "40", 10_000))


def change(subscription, plan, now):
    return services.change_plan(subscription_id=subscription.pk, plan=plan, now=now)


def renew(subscription, now):
    return services.renew(subscription_id=subscription.pk, now=now)


def read(text):
    fee, _, quantity = text.partition(" for ")
    return fee, int(quantity.replace(",", ""))


class TestUpgrade:
    def test_has_its_table_in_the_paper(self):
        assert len(UPGRADES) == 4

    @pytest.mark.parametrize(("old", "new", "days_left", "credited", "charged", "paid", "quota"), UPGRADES)
    def test_costs_what_the_paper_says(self, service, old, new, days_left, credited, charged, paid, quota):
        wallet = funded_wallet("1000")
        small, large = offer(service, terms("old", *read(old)), terms("new", *read(new)))
        subscription = make_subscription(wallet.team, small, now=APRIL)

        change(subscription, large, subscription.ends_at - timedelta(hours=int(Decimal(days_left) * 24)))

        fee = Fee.objects.get(kind=FeeKind.UPGRADE)
        assert (fee.credited, fee.charged, fee.amount) == (Decimal(credited), Decimal(charged), Decimal(paid))
        assert sum(each.included for each in Allowance.objects.all()) == read(old)[1] + int(quota.replace(",", ""))
        assert Wallet.objects.get().settled == 1000 - Decimal(read(old)[0]) - Decimal(paid)
        assert verify() == []

    @pytest.mark.breaks_the_books
    def test_keeps_the_month_and_what_is_left_of_the_old_quota(self, buyer, small_and_large):
        small, large = small_and_large
        before = make_subscription(buyer, small)
        Allowance.objects.update(used=300)

        after = change(before, large, before.starts_at + 15 * DAY)

        assert (after.plan, after.starts_at, after.ends_at) == (large, before.starts_at, before.ends_at)
        use = queries.quota_use(subscription=after, now=before.starts_at + 16 * DAY)
        assert (use.included, use.used, use.left) == (5500, 300, 5200)

    def test_costs_the_full_fee_from_the_next_month_on(self, buyer, small_and_large):
        small, large = small_and_large
        subscription = make_subscription(buyer, small)
        change(subscription, large, subscription.starts_at + DAY)

        renew(subscription, subscription.ends_at)

        assert Fee.objects.get(kind=FeeKind.PERIOD, number=2).amount == 40

    def test_without_money_changes_nothing(self, db, small_and_large):
        small, large = small_and_large
        wallet = funded_wallet("20")
        subscription = make_subscription(wallet.team, small)

        with pytest.raises(services.FeeUnaffordable):
            change(subscription, large, subscription.starts_at + DAY)

        assert queries.subscription(subscription.pk).plan == small
        assert Wallet.objects.get().settled == 10

    def test_twice_in_a_month_adds_up(self, buyer, service):
        plans = offer(service, terms("a", "3", 100), terms("b", "6", 200), terms("c", "12", 400))
        subscription = make_subscription(buyer, plans[0], now=APRIL)
        change(subscription, plans[1], APRIL + 10 * DAY)
        change(subscription, plans[2], APRIL + 20 * DAY)

        # a for 10 days, b for 10, c for 10: a third of each fee and quota
        assert Wallet.objects.get().settled == 100 - (1 + 2 + 4)
        assert sum(each.included for each in Allowance.objects.all()) == 100 + 67 + 67
        assert verify() == []

    def test_a_dearer_plan_with_another_metric_comes_with_the_next_month(self, buyer, service):
        calls, tokens = offer(service, terms("calls", "10", 100), terms("tokens", "20", 100, metric="tokens"))
        subscription = make_subscription(buyer, calls)

        changed = change(subscription, tokens, subscription.starts_at + DAY)

        assert (changed.plan, changed.next_plan) == (calls, tokens)


class TestDowngrade:
    def test_comes_with_the_next_month_and_can_be_taken_back_until_then(self, buyer, small_and_large):
        small, large = small_and_large
        subscription = make_subscription(buyer, large)

        assert change(subscription, small, subscription.starts_at + DAY).plan == large
        services.undo_change(subscription_id=subscription.pk)
        assert renew(subscription, subscription.ends_at).plan == large

    def test_costs_the_smaller_fee_from_then_on(self, buyer, small_and_large):
        small, large = small_and_large
        subscription = make_subscription(buyer, large)
        change(subscription, small, subscription.starts_at + DAY)

        renewed = renew(subscription, subscription.ends_at)

        assert (renewed.plan, renewed.next_plan) == (small, None)
        assert Wallet.objects.get().settled == 100 - 40 - 10

    def test_to_the_same_plan_or_while_unpaid_or_cancelled_is_refused(self, db, small_and_large):
        small, large = small_and_large
        wallet = funded_wallet("10")
        subscription = make_subscription(wallet.team, small)
        with pytest.raises(services.ChangeRefused, match="already"):
            change(subscription, small, NOON)

        services.cancel(subscription_id=subscription.pk, now=NOON)
        with pytest.raises(services.ChangeRefused, match="Undo"):
            change(subscription, large, NOON)
        services.undo_cancel(subscription_id=subscription.pk, now=NOON)

        renew(subscription, subscription.ends_at)
        with pytest.raises(services.ChangeRefused, match="unpaid"):
            change(subscription, large, subscription.ends_at)

    def test_to_a_plan_of_another_service_is_refused(self, buyer):
        subscription = make_subscription(buyer)

        with pytest.raises(services.PlanNotOffered):
            change(subscription, make_plan(fee="99"), NOON)


class TestCancel:
    def test_ends_with_the_month_that_is_paid(self, buyer, told):
        subscription = make_subscription(buyer)

        cancelled = services.cancel(subscription_id=subscription.pk, now=NOON + DAY)

        assert (cancelled.status, cancelled.cancels_at) == ("active", subscription.ends_at)
        assert told == []
        ended = renew(subscription, subscription.ends_at)
        assert (ended.status, ended.ended_at) == ("ended", subscription.ends_at)
        assert told == [(str(subscription.enrollment_id), "ended")]
        assert Fee.objects.count() == 1

    def test_can_be_taken_back_until_then(self, buyer):
        subscription = make_subscription(buyer)
        services.cancel(subscription_id=subscription.pk, now=NOON)

        services.undo_cancel(subscription_id=subscription.pk, now=subscription.ends_at - timedelta(seconds=1))

        assert renew(subscription, subscription.ends_at).number == 2

    def test_cannot_be_taken_back_after_it(self, buyer):
        subscription = make_subscription(buyer)
        services.cancel(subscription_id=subscription.pk, now=NOON)

        with pytest.raises(services.NotSubscribed):
            services.undo_cancel(subscription_id=subscription.pk, now=subscription.ends_at)

    def test_ends_at_once_when_nothing_is_paid(self, db, told):
        wallet = funded_wallet("10")
        subscription = make_subscription(wallet.team)
        renew(subscription, subscription.ends_at)

        ended = services.cancel(subscription_id=subscription.pk, now=subscription.ends_at + DAY)

        assert ended.status == "ended"
        assert Wallet.objects.get().settled == 0

    def test_after_the_month_but_before_its_renewal_takes_no_fee(self, buyer):
        subscription = make_subscription(buyer)

        ended = services.cancel(subscription_id=subscription.pk, now=subscription.ends_at + timedelta(seconds=30))

        assert ended.status == "ended"
        assert Fee.objects.count() == 1

    def test_may_keep_the_enrollment_at_the_price_per_call(self, buyer, told):
        subscription = make_subscription(buyer)
        services.cancel(subscription_id=subscription.pk, keeps_enrollment=True, now=NOON)

        renew(subscription, subscription.ends_at)

        assert told == [(str(subscription.enrollment_id), "open")]

    def test_leaves_room_for_another_subscription_afterwards(self, buyer):
        subscription = make_subscription(buyer)
        services.cancel(subscription_id=subscription.pk, keeps_enrollment=True, now=NOON)
        renew(subscription, subscription.ends_at)

        again = make_subscription(
            buyer, subscription.plan, enrollment_id=subscription.enrollment_id, now=subscription.ends_at
        )

        assert again.number == 1
        assert verify() == []


class TestSellersChange:
    def announce(self, subscription, now=NOON):
        return services.announce(subscription_id=subscription.pk, now=now)

    def test_of_a_plan_to_a_dearer_one_holds_after_the_notice(self, buyer, service):
        (old,) = offer(service, terms(fee="10"))
        subscription = make_subscription(buyer, old)
        (new,) = offer(service, terms(fee="12"))

        told = self.announce(subscription)

        assert (told.notice_plan, told.notice_ends_at) == (new, NOON + 30 * DAY)
        # the first month after the notice begins on 21 December
        renewed = renew(subscription, subscription.ends_at)
        assert (renewed.plan, renewed.notice_plan) == (new, None)
        assert Wallet.objects.get().settled == 100 - 10 - 12

    def test_does_not_hold_for_a_month_that_begins_within_the_notice(self, buyer, service):
        (old,) = offer(service, terms(fee="10"))
        subscription = make_subscription(buyer, old)
        offer(service, terms(fee="12"))
        self.announce(subscription, now=NOON + 20 * DAY)

        assert renew(subscription, subscription.ends_at).plan == old
        assert Wallet.objects.get().settled == 80

    def test_to_a_cheaper_or_larger_one_comes_by_itself_with_the_next_month(self, buyer, service):
        (old,) = offer(service, terms(fee="10", quantity=1000))
        subscription = make_subscription(buyer, old)
        (new,) = offer(service, terms(fee="9", quantity=2000))

        told = self.announce(subscription)

        assert (told.notice_ends_at, told.next_plan) == (None, new)
        assert renew(subscription, subscription.ends_at).plan == new

    def test_may_be_accepted_before(self, buyer, service):
        (old,) = offer(service, terms(fee="10"))
        subscription = make_subscription(buyer, old)
        (new,) = offer(service, terms(fee="12"))
        self.announce(subscription, now=NOON + 20 * DAY)

        services.accept_terms(subscription_id=subscription.pk, plan=new)

        assert renew(subscription, subscription.ends_at).plan == new

    def test_that_withdraws_a_plan_ends_it_after_the_notice(self, buyer, service, told):
        (old,) = offer(service, terms(fee="10"))
        subscription = make_subscription(buyer, old)
        offer(service)
        self.announce(subscription)

        assert renew(subscription, subscription.ends_at).status == "ended"
        assert told == [(str(subscription.enrollment_id), "ended")]

    def test_that_is_taken_back_leaves_the_subscriber_alone(self, buyer, service):
        (old,) = offer(service, terms(fee="10"))
        subscription = make_subscription(buyer, old)
        offer(service, terms(fee="12"))
        self.announce(subscription)
        offer(service, terms(fee="10"))

        again = self.announce(subscription, now=NOON + DAY)

        assert again.notice_ends_at is None
        assert renew(subscription, subscription.ends_at).plan.fee == 10

    def test_is_mailed_once_when_announced_and_once_before_it_holds(
        self, buyer, service, mailoutbox, django_capture_on_commit_callbacks
    ):
        (old,) = offer(service, terms(fee="10"))
        subscription = make_subscription(buyer, old)
        offer(service, terms(fee="12"))
        with django_capture_on_commit_callbacks(execute=True):
            for _ in range(2):
                self.announce(subscription)
            for now in (NOON + 22 * DAY, NOON + 24 * DAY, NOON + 25 * DAY):
                for pk in queries.to_remind(now=now):
                    services.remind(subscription_id=pk, now=now)

        assert [each.subject for each in mailoutbox] == ["The plan Basic of Acme Chat changes"] * 2
        assert "12.00 USD a month instead of 10.00 USD" in mailoutbox[0].body

    def test_is_found_by_a_sweep_when_its_task_was_lost(self, buyer, service):
        (old,) = offer(service, terms(fee="10"))
        subscription = make_subscription(buyer, old)
        offer(service, terms(fee="12"))

        assert queries.services_to_announce() == [service]
        assert queries.subscribers_of_withdrawn(service_id=service) == [subscription.pk]
        self.announce(subscription)
        assert queries.services_to_announce() == []
        assert queries.subscribers_of_withdrawn(service_id=service) == []


class TestIncome:
    def test_of_a_plan_is_net_of_what_upgrades_credit(self, buyer, small_and_large, service):
        small, large = small_and_large
        subscription = make_subscription(buyer, small, now=APRIL)
        change(subscription, large, APRIL + 15 * DAY)

        paid = queries.fees(service_ids=[service], starts_at=APRIL, ends_at=APRIL + 30 * DAY)
        found = {
            each.key: (each.subscribers, each.net)
            for each in queries.income(service_id=service, starts_at=APRIL, ends_at=APRIL + 30 * DAY)
        }

        assert [fee.amount for fee in paid] == [10, 15]
        assert found == {"small": (0, Decimal(10)), "large": (1, Decimal(15))}
