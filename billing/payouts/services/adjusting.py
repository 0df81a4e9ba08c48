"""Adjustments of earnings: shares of refunded charges, chargebacks, corrections."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from billing.ledger.models import TransactionKind
from billing.payouts import queries
from billing.payouts.models import Adjustment, AdjustmentKind
from billing.payouts.services import booking
from domain import payouts, pricing
from domain.money import Money


@transaction.atomic
def enter(
    *, seller: Team, amount: Money, kind: AdjustmentKind, cause: str, note: str, by: User | None, now: datetime
) -> Adjustment:
    """Add a signed amount to a seller's earnings, in the books at once. The same cause counts once."""
    queries.lock_account(seller)
    found = Adjustment.objects.filter(cause=cause).first()
    if found is not None:
        return found
    adjustment = Adjustment.objects.create(
        seller=seller,
        currency=amount.currency,
        kind=kind,
        cause=cause,
        note=note,
        amount=amount.amount,
        entered_at=now,
        created_by=by,
    )
    return book(adjustment, now=now)


@transaction.atomic
def reverse_share(
    *, seller: Team, service_id: UUID, period: date, credited: Money, cause: str, note: str, now: datetime
) -> Adjustment | None:
    """Take back what a seller earned by a charge that was refunded. A second call for the same cause does nothing.

    It is booked at once when an invoice has the service's month already; else the invoice of that month takes it, and
    knows how much it is. None for a service that had no payout terms, or is paid in another currency.
    Source: docs/algorithms/disputes.md, "The seller's share".
    """
    queries.lock_account(seller)
    found = Adjustment.objects.filter(cause=cause).first()
    if found is not None:
        return found
    term = queries.term_of(service_id, period)
    if term is None or term.currency != credited.currency:
        return None
    adjustment = Adjustment.objects.create(
        seller=seller,
        currency=credited.currency,
        kind=AdjustmentKind.DISPUTE,
        cause=cause,
        note=note,
        service_id=service_id,
        period=period,
        credited=credited.amount,
        amount=_invoiced_share(service_id, period, credited.amount),
        entered_at=now,
    )
    return adjustment if adjustment.amount is None else book(adjustment, now=now)


def book(adjustment: Adjustment, *, now: datetime) -> Adjustment:
    """Post an adjustment whose amount is known, once."""
    assert adjustment.amount is not None
    adjustment.transaction = booking.earn(
        seller=adjustment.seller,
        amount=Money(adjustment.amount, adjustment.currency),
        kind=TransactionKind.EARNING_ADJUSTMENT,
        key=f"earning_adjustment:{adjustment.pk}",
        memo=adjustment.note,
        now=now,
        by=adjustment.created_by,
    )
    adjustment.save(update_fields=["transaction"])
    return adjustment


def _invoiced_share(service_id: UUID, period: date, credited: Decimal) -> Decimal | None:
    """Return minus the share of an amount in what the invoices gave for a month; None while none has it."""
    line = queries.line_of(service_id=service_id, period=period)
    if line is None:
        return None
    if line.price is None:
        return Decimal(0)
    price = pricing.compile(line.price.price)
    given = queries.invoiced_payout(service_id=service_id, period=period)
    return -payouts.share_of(price, payout=given, customer_charge=line.customer_charge, credited=credited)
