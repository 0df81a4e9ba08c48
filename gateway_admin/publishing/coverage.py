"""What subscriptions mean for calls: which enrollments a quota pays for, and which are paused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from billing.promotions import queries as promotions
from domain import plans
from marketplace.enrollments.models import Enrollment


def covered_until(enrollments: Sequence[Enrollment], *, now: datetime) -> dict[UUID, float]:
    """Return until when quotas that are not used up pay for whole calls of these enrollments: {id: seconds since 1970}.

    A quota of one metric pays for no call that also costs something else; those are held for like any other.
    """
    prices = {each.pk: each.price.price for each in enrollments}
    found: dict[UUID, float] = {}
    for allowance in promotions.live_allowances(enrollment_ids=prices, at=now):
        pk = allowance.enrollment_id
        if allowance.left > 0 and plans.covers_whole_calls(allowance.metric, prices[pk]):
            found[pk] = max(allowance.ends_at.timestamp(), found.get(pk, 0))
    return found


def why_paused(enrollment: Enrollment) -> str:
    """Return the sentence with which calls of a paused enrollment are refused; nothing for others."""
    if enrollment.status != "paused":
        return ""
    return (
        f"Your enrollment {enrollment.code} in {enrollment.service} is paused: its monthly fee is unpaid. Top up under "
        "Billing, Wallet; calls go on within a minute of the payment."
    )
