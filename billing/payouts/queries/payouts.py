"""Reads of payouts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from accounts.teams.models import Team
from billing.payouts.models import Payout, PayoutState
from common.errors import NotFound


def payouts(*, seller: Team) -> QuerySet[Payout]:
    """Return a seller's payouts, newest first."""
    return Payout.objects.filter(seller=seller).order_by("-requested_at", "-pk")


def payout(*, seller: Team, payout_id: UUID) -> Payout:
    """Return one payout. Raises: NotFound."""
    found = payouts(seller=seller).filter(pk=payout_id).first()
    if found is None:
        raise NotFound(what="payout")
    return found


def by_id(payout_id: UUID | str) -> Payout:
    """Return a payout for the platform's own work. Raises: NotFound."""
    found = Payout.objects.filter(pk=payout_id).select_related("seller").first()
    if found is None:
        raise NotFound(what="payout")
    return found


def unsettled(*, now: datetime) -> QuerySet[Payout]:
    """Return the payouts whose outcome is not known and that are due for another look."""
    under_way = (PayoutState.PENDING, PayoutState.REVERSING)
    return Payout.objects.filter(state__in=under_way, next_attempt_at__lte=now).order_by("next_attempt_at")
