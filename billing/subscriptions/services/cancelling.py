"""The end of a subscription: what was paid for can be used up, and until then it can be taken back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.subscriptions.models import Subscription
from billing.subscriptions.services.paying import lock
from billing.subscriptions.services.renewing import end
from billing.subscriptions.services.subscribing import NotSubscribed


@transaction.atomic
def cancel(*, subscription_id: UUID, keeps_enrollment: bool = False, now: datetime) -> Subscription:
    """Let a subscription end with the period that is paid; at once when none is. A second call changes nothing.

    keeps_enrollment: calls go on afterwards, at the price per call.
    Source: docs/algorithms/subscriptions.md, "Cancelling".
    """
    subscription = lock(subscription_id)
    if not subscription.is_live:
        return subscription
    subscription.keeps_enrollment = keeps_enrollment
    if subscription.is_unpaid or subscription.ends_at <= now:
        end(subscription, at=now, now=now)
    elif subscription.cancels_at is None:
        subscription.cancels_at = subscription.ends_at
    subscription.save()
    return subscription


@transaction.atomic
def undo_cancel(*, subscription_id: UUID, now: datetime) -> Subscription:
    """Go on after all. Raises: NotSubscribed when it has ended."""
    subscription = lock(subscription_id)
    if not subscription.is_live or (subscription.cancels_at is not None and subscription.cancels_at <= now):
        raise NotSubscribed()
    subscription.cancels_at, subscription.keeps_enrollment = None, False
    subscription.save()
    return subscription
