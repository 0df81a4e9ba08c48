"""The states of an invoice after it was written: finalized, released, voided. Forward only."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from billing.ledger.models import TransactionKind
from billing.payouts import queries
from billing.payouts.models import UNBOOKED, Adjustment, Invoice, InvoiceNote, InvoiceState, SellerAccount
from billing.payouts.services import adjusting, booking
from billing.payouts.services.errors import InvoiceNotOpen
from common import jobs
from domain.money import Money


def advance(*, seller: Team, now: datetime) -> None:
    """Finalize and release whatever of a seller is due."""
    for invoice in queries.due_invoices(now=now).filter(seller=seller):
        finalize(invoice_id=invoice.pk, now=now)
    release(seller=seller, now=now)


@transaction.atomic
def finalize(*, invoice_id: UUID, now: datetime) -> Invoice:
    """Book what a month earned, and its adjustments. Silence agrees: the window is over, or a dispute is resolved.

    Raises: InvoiceNotOpen.
    """
    invoice = locked(invoice_id)
    is_due = invoice.state == InvoiceState.RESOLVED or invoice.disputable_until <= now
    if not is_due:
        raise InvoiceNotOpen(state="open to disputes", verb="finalized yet")
    check_state(invoice, (InvoiceState.GENERATED, InvoiceState.RESOLVED), "finalized")
    invoice.transaction = booking.earn(
        seller=invoice.seller,
        amount=Money(invoice.earned, invoice.currency),
        kind=TransactionKind.EARNING,
        key=f"earning:{invoice.pk}",
        memo=f"Invoice {invoice.number}",
        now=now,
    )
    for adjustment in invoice.adjustments.filter(transaction=None).select_related("seller", "created_by"):
        adjusting.book(adjustment, now=now)
    invoice.state, invoice.finalized_at = InvoiceState.FINALIZED, now
    invoice.save(update_fields=["state", "finalized_at", "transaction"])
    jobs.enqueue("billing.payouts.tell_invoice", invoice_id=str(invoice.pk))
    return invoice


@transaction.atomic
def release(*, seller: Team, now: datetime) -> list[Invoice]:
    """Make earnings available that are older than the seller's payout window."""
    account = queries.lock_account(seller)
    until = now - timedelta(days=window_days(account))
    due = Invoice.objects.select_for_update().filter(
        seller=seller, state=InvoiceState.FINALIZED, finalized_at__lte=until
    )
    released = list(due.order_by("period"))
    for invoice in released:
        invoice.state, invoice.released_at = InvoiceState.FUNDS_RELEASED, now
        invoice.save(update_fields=["state", "released_at"])
    return released


@transaction.atomic
def void(*, invoice_id: UUID, reason: str, by: User | None, now: datetime) -> Invoice:
    """Declare the newest invoice void before it is booked. Its month is invoiced anew, its adjustments go with that.

    Raises: InvoiceNotOpen.
    """
    invoice = locked(invoice_id)
    check_state(invoice, UNBOOKED, "voided")
    if queries.newest_invoice(seller=invoice.seller, currency=invoice.currency) != invoice:
        raise InvoiceNotOpen(state="followed by a later one", verb="voided")
    invoice.state, invoice.voided_at = InvoiceState.VOIDED, now
    invoice.save(update_fields=["state", "voided_at"])
    InvoiceNote.objects.create(invoice=invoice, author=by, is_operator=True, text=reason)
    Adjustment.objects.filter(invoice=invoice).exclude(cause=resolution_cause(invoice)).update(invoice=None)
    jobs.enqueue("billing.payouts.tell_invoice", invoice_id=str(invoice.pk))
    return invoice


def window_days(account: SellerAccount) -> int:
    """Return how many days after finalizing a seller's earnings become available."""
    own = account.payout_window_days
    days: int = settings.PAYOUT_WINDOW_DAYS if own is None else own
    return days


def resolution_cause(invoice: Invoice) -> str:
    """Return what the adjustment is called that settles a dispute about an invoice."""
    return f"invoice:{invoice.pk}"


def locked(invoice_id: UUID) -> Invoice:
    """Return an invoice, with the seller's row locked before it."""
    invoice = Invoice.objects.select_related("seller").get(pk=invoice_id)
    queries.lock_account(invoice.seller)
    return queries.lock_invoice(invoice_id)


def check_state(invoice: Invoice, allowed: Collection[str], verb: str) -> None:
    """Raise InvoiceNotOpen unless the invoice is in one of these states."""
    if invoice.state not in allowed:
        raise InvoiceNotOpen(state=invoice.get_state_display().lower(), verb=verb)
