"""A seller contests an invoice; operators resolve it, with an adjustment or without."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.users.models import User
from billing.payouts.models import Adjustment, AdjustmentKind, Invoice, InvoiceNote, InvoiceReason, InvoiceState
from billing.payouts.services.advancing import check_state, locked, resolution_cause
from billing.payouts.services.errors import WindowOver
from common import jobs
from common.errors import Invalid
from domain.money import Money

#: What whoever writes nothing is told, here and by the forms.
NOTHING_SAID = "Say in a few words what it is about."


@transaction.atomic
def contest(*, invoice_id: UUID, reason: InvoiceReason, text: str, by: User | None, now: datetime) -> Invoice:
    """Dispute an invoice within its window: nothing of it is booked until that is resolved.

    Raises: InvoiceNotOpen, WindowOver, Invalid.
    """
    invoice = locked(invoice_id)
    check_state(invoice, (InvoiceState.GENERATED,), "disputed")
    if invoice.disputable_until <= now:
        raise WindowOver(until=invoice.disputable_until)
    invoice.state, invoice.reason, invoice.disputed_at = InvoiceState.DISPUTED, reason, now
    invoice.save(update_fields=["state", "reason", "disputed_at"])
    return _noted(invoice, text, by, is_operator=False)


@transaction.atomic
def note(*, invoice_id: UUID, text: str, by: User, is_operator: bool) -> Invoice:
    """Add a line to the thread of a disputed invoice. Raises: InvoiceNotOpen, Invalid."""
    invoice = locked(invoice_id)
    check_state(invoice, (InvoiceState.DISPUTED,), "discussed here")
    return _noted(invoice, text, by, is_operator=is_operator)


@transaction.atomic
def resolve(*, invoice_id: UUID, amount: Money, text: str, by: User, now: datetime) -> Invoice:
    """Settle a disputed invoice. amount: signed, added to it; 0 leaves it as it is. It is finalized soon after.

    Raises: InvoiceNotOpen, Invalid.
    """
    invoice = locked(invoice_id)
    check_state(invoice, (InvoiceState.DISPUTED,), "resolved")
    if amount.currency != invoice.currency:
        raise Invalid([f"The invoice is in {invoice.currency}. Give the adjustment in {invoice.currency}."])
    if amount.amount:
        Adjustment.objects.create(
            seller=invoice.seller,
            currency=invoice.currency,
            kind=AdjustmentKind.CORRECTION,
            cause=resolution_cause(invoice),
            note=f"Resolution of the dispute about {invoice.number}",
            amount=amount.amount,
            invoice=invoice,
            entered_at=now,
            created_by=by,
        )
    invoice.state, invoice.resolved_at = InvoiceState.RESOLVED, now
    invoice.adjusted += amount.amount
    invoice.save(update_fields=["state", "resolved_at", "adjusted"])
    return _noted(invoice, text, by, is_operator=True)


def _noted(invoice: Invoice, text: str, by: User | None, *, is_operator: bool) -> Invoice:
    if not text.strip():
        raise Invalid([NOTHING_SAID])
    InvoiceNote.objects.create(invoice=invoice, author=by, is_operator=is_operator, text=text.strip())
    if is_operator:
        jobs.enqueue("billing.payouts.tell_invoice", invoice_id=str(invoice.pk))
    return invoice
