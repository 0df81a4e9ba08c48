"""From one plan to another: dearer ones at once and in proportion, all others with the next period."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.subscriptions.models import Plan, Subscription, SubscriptionStatus
from billing.subscriptions.services.paying import lock, take_upgrade_fee
from billing.subscriptions.services.renewing import bring_up_to_date
from billing.subscriptions.services.subscribing import NotSubscribed, check_offered
from common.errors import DomainError
from domain import plans
from domain.plans import Upgrade


class ChangeRefused(DomainError):
    """The plan cannot be changed as things stand."""

    code = "plan_change_refused"
    sentence = "The plan cannot be changed: {reason}"


def quote(*, subscription: Subscription, plan: Plan, now: datetime) -> Upgrade | None:
    """Return what changing to a plan costs now; None when it comes with the next period."""
    old, new = subscription.plan.terms, plan.terms
    if subscription.status != SubscriptionStatus.ACTIVE or not plans.may_change_at_once(old=old, new=new):
        return None
    share = plans.share_left(subscription.starts_at, subscription.ends_at, now)
    return plans.upgrade(old=old, new=new, share=share)


@transaction.atomic
def change_plan(*, subscription_id: UUID, plan: Plan, now: datetime) -> Subscription:
    """Change to a plan of the same service: a dearer one now, any other one with the next period.

    Raises: NotSubscribed, ChangeRefused, PlanNotOffered, FeeUnaffordable.
    Source: docs/algorithms/subscriptions.md, "Upgrades".
    """
    subscription = lock(subscription_id)
    bring_up_to_date(subscription, now=now)
    _check_changeable(subscription)
    plan = check_offered(plan, service_id=subscription.service_id)
    if plan.currency != subscription.wallet.currency:
        raise ChangeRefused(reason=f"it is paid in {subscription.wallet.currency}. Cancel, and subscribe anew.")
    if plan == subscription.plan:
        raise ChangeRefused(reason=f"it is {plan.name} already.")
    found = quote(subscription=subscription, plan=plan, now=now)
    if found is None or not found.charged:
        subscription.next_plan = plan
    else:
        take_upgrade_fee(
            subscription=subscription,
            plan=plan,
            charged=found.charged,
            credited=found.credited,
            quantity=found.quantity,
            now=now,
        )
        subscription.plan, subscription.next_plan = plan, None
        subscription.notice_plan = subscription.notice_ends_at = subscription.reminded_at = None
    subscription.save()
    return subscription


@transaction.atomic
def undo_change(*, subscription_id: UUID) -> Subscription:
    """Keep the present plan after all. Raises: NotSubscribed."""
    subscription = lock(subscription_id)
    if not subscription.is_live:
        raise NotSubscribed()
    subscription.next_plan = None
    subscription.save()
    return subscription


@transaction.atomic
def accept_terms(*, subscription_id: UUID, plan: Plan) -> Subscription:
    """Take the seller's new terms with the next period already. Raises: NotSubscribed, ChangeRefused."""
    subscription = lock(subscription_id)
    if not subscription.is_live:
        raise NotSubscribed()
    if subscription.notice_plan is None or subscription.notice_plan != plan:
        raise ChangeRefused(reason="the seller has announced other terms. Read them again.")
    subscription.next_plan = plan
    subscription.save()
    return subscription


def _check_changeable(subscription: Subscription) -> None:
    if not subscription.is_live:
        raise NotSubscribed()
    if subscription.is_unpaid:
        raise ChangeRefused(reason="its fee is unpaid. Pay it first.")
    if subscription.cancels_at is not None:
        raise ChangeRefused(reason="it is cancelled. Undo that first.")
