"""The plans of a service. A change makes a new version; who has the old one keeps it until a notice has ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from billing.subscriptions import queries
from billing.subscriptions.models import Plan, Subscription
from billing.subscriptions.services.paying import lock
from billing.subscriptions.services.renewing import tell
from common import jobs
from domain import plans
from domain.plans import PlanTerms


@transaction.atomic
def offer(*, service_id: UUID, currency: str, terms: Sequence[PlanTerms], now: datetime) -> list[Plan]:
    """Make these the plans that a service offers. What is unchanged stays; the rest is withdrawn or a new version.

    The caller holds the lock of the service.
    """
    present = {plan.key: plan for plan in queries.offered_plans(service_id=service_id)}
    kept = {each.key: present[each.key] for each in terms if _is_same(present.get(each.key), each, currency)}
    withdrawn = [plan.pk for key, plan in present.items() if key not in kept]
    Plan.objects.filter(pk__in=withdrawn).update(withdrawn_at=now)
    written = [kept.get(each.key) or _version(service_id, currency, each) for each in terms]
    if withdrawn:
        jobs.enqueue("billing.subscriptions.announce", service_id=str(service_id))
    return written


@transaction.atomic
def announce(*, subscription_id: UUID, now: datetime) -> Subscription:
    """Tell a subscriber of a withdrawn version what comes instead. What nobody can mind comes with the next period."""
    subscription = lock(subscription_id)
    if not subscription.is_live or subscription.plan.withdrawn_at is None:
        return subscription
    # a plan in another currency cannot be paid out of this wallet, so this one ends
    same = queries.offered_plans(service_id=subscription.service_id).filter(currency=subscription.wallet.currency)
    new = same.filter(key=subscription.plan.key).first()
    if new is not None and plans.is_no_worse(old=subscription.plan.terms, new=new.terms):
        subscription.next_plan = subscription.next_plan or new
        subscription.notice_plan = subscription.notice_ends_at = subscription.reminded_at = None
        subscription.save()
    elif subscription.notice_ends_at is None or subscription.notice_plan != new:
        subscription.notice_plan, subscription.reminded_at = new, None
        subscription.notice_ends_at = now + timedelta(days=settings.PRICE_NOTICE_DAYS)
        subscription.save()
        tell(subscription, "terms")
    return subscription


@transaction.atomic
def remind(*, subscription_id: UUID, now: datetime) -> Subscription:
    """Remind a subscriber once that a notice ends soon."""
    subscription = lock(subscription_id)
    if subscription.is_live and subscription.notice_ends_at is not None and subscription.reminded_at is None:
        subscription.reminded_at = now
        subscription.save(update_fields=["reminded_at"])
        tell(subscription, "terms")
    return subscription


def _is_same(plan: Plan | None, terms: PlanTerms, currency: str) -> bool:
    return plan is not None and plan.terms == terms and plan.currency == currency


def _version(service_id: UUID, currency: str, terms: PlanTerms) -> Plan:
    former = Plan.objects.filter(service_id=service_id, key=terms.key).aggregate(last=Max("version"))["last"] or 0
    return Plan.objects.create(
        service_id=service_id,
        key=terms.key,
        version=former + 1,
        name=terms.name,
        description=terms.description,
        currency=currency,
        fee=terms.fee,
        metric=terms.metric,
        quantity=terms.quantity,
    )
