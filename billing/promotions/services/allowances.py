"""Quotas that subscriptions include. Settled calls use them, under the lock of the wallet (billing.rating)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from billing.promotions import queries
from billing.promotions.models import Allowance
from common import ports
from common.errors import DomainError
from domain.pricing.usage_metrics import METRICS
from domain.promotions import REQUESTS, TOKENS, Funder


class AllowanceInvalid(DomainError):
    """A quota that cannot be granted."""

    code = "invalid_allowance"
    sentence = "The quota {name!r} cannot be granted: {reason}"


@transaction.atomic
def grant_allowance(
    *,
    wallet_id: UUID,
    enrollment_id: UUID,
    name: str,
    metric: str,
    included: Decimal,
    starts_at: datetime,
    ends_at: datetime,
    key: str,
    funded_by: Funder = "seller",
) -> Allowance:
    """Return the quota granted under `key`, granted now if there is none: calls in its time are covered by it first.

    metric: a metric of the usage, "requests" or "tokens". name: as charges and statements show it. key: what it is
    granted for, such as a period of a subscription; the same key grants once, whatever else is given.
    Raises: AllowanceInvalid.
    """
    if metric not in {*METRICS, REQUESTS, TOKENS}:
        raise AllowanceInvalid(name=name, reason=f"{metric!r} is no metric of a usage.")
    if not (included.is_finite() and 0 < included < 10**15):
        raise AllowanceInvalid(name=name, reason=f"{included} is no quantity above 0.")
    if ends_at <= starts_at:
        raise AllowanceInvalid(name=name, reason="it ends before it starts.")
    allowance, created = Allowance.objects.get_or_create(
        key=key,
        defaults={
            "wallet_id": wallet_id,
            "enrollment_id": enrollment_id,
            "name": name[:200],
            "metric": metric,
            "included": included,
            "funded_by": funded_by,
            "starts_at": starts_at,
            "ends_at": ends_at,
        },
    )
    if created:
        ports.publish("customer", str(allowance.wallet.team_id))
    return allowance


@transaction.atomic
def end_allowance(*, allowance: Allowance, now: datetime) -> Allowance:
    """Let a quota end now; calls that started before are still covered. One that has ended stays as it is."""
    allowance = queries.lock_allowance(allowance.pk)
    if allowance.ends_at > now:
        allowance.ends_at = max(now, allowance.starts_at)
        allowance.save(update_fields=["ends_at"])
        ports.publish("customer", str(allowance.wallet.team_id))
    return allowance
