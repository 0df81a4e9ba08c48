"""From one period to the next: the fee is taken at its start; unpaid there is a grace, then a pause.

Whoever calls, and however often: each period is paid once. A sweep that slept takes up every period it missed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from billing.subscriptions import queries
from billing.subscriptions.models import Plan, Subscription, SubscriptionStatus
from billing.subscriptions.services.paying import FeeUnaffordable, ask_for_money, lock, take_period_fee
from billing.subscriptions.services.subscribing import zone_of
from common import jobs, ports
from domain import plans

_FIRST_RETRY = timedelta(hours=1)
_LAST_RETRY = timedelta(days=1)

ACTIVE, PAST_DUE = SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE
SUSPENDED, ENDED = SubscriptionStatus.SUSPENDED, SubscriptionStatus.ENDED


@transaction.atomic
def renew(*, subscription_id: UUID, now: datetime) -> Subscription:
    """Bring a subscription up to date: pay what is due and can be paid, pause or end what must.

    Source: docs/algorithms/subscriptions.md, "Renewal".
    """
    subscription = lock(subscription_id)
    bring_up_to_date(subscription, now=now)
    return subscription


@transaction.atomic
def pay_now(*, subscription_id: UUID, now: datetime) -> Subscription:
    """Pay the fee that is unpaid. Raises: FeeUnaffordable."""
    subscription = lock(subscription_id)
    amount = subscription.unpaid_amount or 0
    spendable = subscription.wallet.spendable
    bring_up_to_date(subscription, now=now)
    if subscription.is_unpaid:
        currency = subscription.wallet.currency
        raise FeeUnaffordable(
            what=f"{subscription.plan.name}, monthly fee",
            fee=f"{amount:f} {currency}",
            missing=f"{amount - spendable:f} {currency}",
            amount=amount - spendable,
        )
    return subscription


def bring_up_to_date(subscription: Subscription, *, now: datetime) -> None:
    """Do with a locked subscription whatever is due by now."""
    if subscription.status == SUSPENDED:
        _begin_anew(subscription, now=now)
    elif subscription.status == PAST_DUE and subscription.grace_ends_at and subscription.grace_ends_at <= now:
        _suspend(subscription)
        _begin_anew(subscription, now=now)
    while subscription.status in {ACTIVE, PAST_DUE} and subscription.ends_at <= now:
        if not _enter_next_period(subscription, now=now):
            break


def end(subscription: Subscription, *, at: datetime, now: datetime) -> None:
    """End a locked subscription, and the enrollment with it unless that is to stay."""
    subscription.status, subscription.ended_at = ENDED, at
    subscription.save()
    access = "open" if subscription.keeps_enrollment else "ended"
    ports.enrollment_access(subscription.enrollment_id, access, now)
    tell(subscription, "ended")


def tell(subscription: Subscription, what: str) -> None:
    """Write to the customer."""
    jobs.enqueue("billing.subscriptions.write", subscription_id=str(subscription.pk), what=what)


def _enter_next_period(subscription: Subscription, *, now: datetime) -> bool:
    """Pay the next period and enter it, or end. Returns whether there may be another one to enter."""
    starts_at = subscription.ends_at
    plan = queries.following_plan(subscription, at=starts_at)
    if subscription.cancels_at is not None or plan is None:
        end(subscription, at=starts_at, now=now)
        return False
    ends_at = plans.boundary(subscription.anchored_at, subscription.time_zone, subscription.months + 2)
    try:
        take_period_fee(
            subscription=subscription,
            plan=plan,
            number=subscription.number + 1,
            starts_at=starts_at,
            ends_at=ends_at,
            now=now,
        )
    except FeeUnaffordable:
        _note_unpaid(subscription, plan, now=now)
        return False
    was_unpaid = subscription.status == PAST_DUE
    _enter(subscription, plan, starts_at=starts_at, ends_at=ends_at)
    subscription.months += 1
    subscription.save()
    if was_unpaid:
        tell(subscription, "paid")
    return True


def _begin_anew(subscription: Subscription, *, now: datetime) -> None:
    """Pay a suspended subscription a new month that begins now, and open the enrollment again; or leave it."""
    plan = queries.following_plan(subscription, at=now)
    if plan is None:
        end(subscription, at=now, now=now)
        return
    zone = zone_of(subscription.team)
    ends_at = plans.boundary(now, zone, 1)
    try:
        take_period_fee(
            subscription=subscription,
            plan=plan,
            number=subscription.number + 1,
            starts_at=now,
            ends_at=ends_at,
            now=now,
        )
    except FeeUnaffordable:
        subscription.unpaid_amount = plan.fee
        subscription.save()
        return
    _enter(subscription, plan, starts_at=now, ends_at=ends_at)
    subscription.time_zone, subscription.anchored_at, subscription.months = zone, now, 0
    subscription.save()
    ports.enrollment_access(subscription.enrollment_id, "open", now)
    tell(subscription, "paid")


def _enter(subscription: Subscription, plan: Plan, *, starts_at: datetime, ends_at: datetime) -> None:
    if plan != subscription.plan:
        subscription.plan, subscription.next_plan = plan, None
        subscription.notice_plan = subscription.notice_ends_at = subscription.reminded_at = None
    subscription.status, subscription.number = ACTIVE, subscription.number + 1
    subscription.starts_at, subscription.ends_at = starts_at, ends_at
    subscription.unpaid_since = subscription.unpaid_amount = subscription.grace_ends_at = None
    subscription.next_attempt_at, subscription.attempts = None, 0


def _note_unpaid(subscription: Subscription, plan: Plan, *, now: datetime) -> None:
    """Remember that a fee is unpaid and when to try again; the first time a grace begins."""
    is_first = subscription.status == ACTIVE
    if is_first:
        subscription.status, subscription.unpaid_since = PAST_DUE, now
        subscription.grace_ends_at = now + timedelta(days=settings.SUBSCRIPTION_GRACE_DAYS)
    subscription.unpaid_amount = plan.fee
    if is_first or (subscription.next_attempt_at is not None and subscription.next_attempt_at <= now):
        subscription.attempts += 1
        pause = min(_FIRST_RETRY * 2 ** (subscription.attempts - 1), _LAST_RETRY)
        subscription.next_attempt_at = now + pause
        ask_for_money(subscription.wallet)
    subscription.save()
    if is_first:
        tell(subscription, "unpaid")


def _suspend(subscription: Subscription) -> None:
    subscription.status, subscription.next_attempt_at = SUSPENDED, None
    subscription.save()
    assert subscription.grace_ends_at is not None
    ports.enrollment_access(subscription.enrollment_id, "paused", subscription.grace_ends_at)
    tell(subscription, "suspended")
