"""Reads of sellers as people to be paid."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.teams.models import Team
from billing.payouts.models import PayoutSchedule, SellerAccount


def account_of(*, seller: Team) -> SellerAccount:
    """Return what we know of a seller as somebody to be paid; not saved while that is nothing."""
    found = SellerAccount.objects.filter(seller=seller).select_related("seller").first()
    return found or SellerAccount(seller=seller)


def lock_account(seller: Team) -> SellerAccount:
    """Return the seller's row, made now if there is none, locked until the transaction ends."""
    SellerAccount.objects.get_or_create(seller=seller)
    return SellerAccount.objects.select_for_update(of=("self",), no_key=True).get(seller=seller)


def due_accounts(*, now: datetime) -> QuerySet[SellerAccount]:
    """Return the sellers whose schedule asks for a look now. For the platform: of every team."""
    rested = Q(retry_after__isnull=True) | Q(retry_after__lte=now)
    on_day = Q(schedule__in=[PayoutSchedule.WEEKLY, PayoutSchedule.MONTHLY], scheduled_for__lte=now.date())
    return SellerAccount.objects.filter(rested, Q(schedule=PayoutSchedule.THRESHOLD) | on_day).order_by("pk")
