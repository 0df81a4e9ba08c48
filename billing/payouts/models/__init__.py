"""What payouts store. One file a subject; everything is imported from here."""

from billing.payouts.models.accounts import PayoutSchedule, SellerAccount
from billing.payouts.models.invoices import (
    BOOKED,
    UNBOOKED,
    Adjustment,
    AdjustmentKind,
    Invoice,
    InvoiceLine,
    InvoiceNote,
    InvoiceReason,
    InvoiceState,
)
from billing.payouts.models.payouts import PAID, Payout, PayoutOrigin, PayoutState
from billing.payouts.models.terms import PayoutTerm

__all__ = [
    "BOOKED",
    "PAID",
    "UNBOOKED",
    "Adjustment",
    "AdjustmentKind",
    "Invoice",
    "InvoiceLine",
    "InvoiceNote",
    "InvoiceReason",
    "InvoiceState",
    "Payout",
    "PayoutOrigin",
    "PayoutSchedule",
    "PayoutState",
    "PayoutTerm",
    "SellerAccount",
]
