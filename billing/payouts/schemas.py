"""The JSON of earnings, invoices, payouts and balances. Amounts are texts, exact: no client rounds them on the way."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from billing.payouts.models import Adjustment, Invoice, InvoiceLine, Payout
from billing.payouts.queries import Balance, Earning
from domain.pricing.decimals import plain

Json = dict[str, Any]
StateWord = Literal["generated", "disputed", "resolved", "finalized", "funds_released", "voided"]
ReasonWord = Literal["rate_change", "service_issue", "billing_error"]
PayoutStateWord = Literal["pending", "sent", "failed", "reversing", "reversed", "kept"]


class InvoiceRow(Schema):
    """One month in one currency: opening - paid_out + earned + adjusted = closing."""

    id: UUID
    number: str
    currency: str
    period: date
    state: StateWord
    opening: str
    paid_out: str
    earned: str
    adjusted: str
    closing: str
    reason: ReasonWord | None
    generated_at: datetime
    disputable_until: datetime
    disputed_at: datetime | None
    resolved_at: datetime | None
    finalized_at: datetime | None
    released_at: datetime | None
    voided_at: datetime | None


class LineRow(Schema):
    """What one service earned. period: an earlier month on a line that corrects it; payout is the difference then.

    trace: the arithmetic, {type, formula, cost, children}. error: why there is none.
    """

    service_id: UUID
    service_name: str
    period: date
    requests: int
    metrics: Json
    customer_charge: str
    price: Json | None
    price_in_words: str
    payout: str
    trace: Json
    error: str | None


class AdjustmentRow(Schema):
    """Something added to or taken from the earnings."""

    id: UUID
    kind: Literal["dispute", "chargeback", "correction"]
    note: str
    service_id: UUID | None
    period: date | None
    credited: str
    amount: str | None
    entered_at: datetime


class NoteRow(Schema):
    by: Literal["seller", "operator"]
    text: str
    created_at: datetime


class InvoiceDetail(InvoiceRow):
    lines: list[LineRow]
    adjustments: list[AdjustmentRow]
    notes: list[NoteRow]


class InvoicePage(Schema):
    data: list[InvoiceRow]
    next_cursor: str | None
    has_more: bool


class InvoiceDispute(Schema):
    """text: something in it; the service refuses others, in the words of the page."""

    reason: ReasonWord
    text: str = Field(max_length=5000, json_schema_extra={"pattern": r"\S"})


class EarningRow(Schema):
    """What a service earned in a month, as its invoice will say it."""

    service_id: UUID
    service_name: str | None
    currency: str
    requests: int
    metrics: Json
    customer_charge: str
    price: Json | None
    price_in_words: str
    payout: str
    trace: Json
    error: str | None


class Earnings(Schema):
    """is_estimate: the month is not over."""

    period: date
    is_estimate: bool
    data: list[EarningRow]


class PayoutRow(Schema):
    id: UUID
    currency: str
    amount: str
    origin: Literal["demand", "threshold", "schedule"]
    state: PayoutStateWord
    failure: str | None
    requested_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None


class PayoutPage(Schema):
    data: list[PayoutRow]
    next_cursor: str | None
    has_more: bool


class PayoutOrder(Schema):
    currency: str = "USD"


class BalanceRow(Schema):
    """current: what is owed. reserved: younger than the payout window. payable: what a payout would send now.

    hindrance: why no payout can be made now; null when one can.
    """

    currency: str
    current_balance: str
    reserved: str
    available_payout: str
    payable: str
    hindrance: str | None


class Balances(Schema):
    data: list[BalanceRow]
    payout_window_days: int
    minimum_payout: str


def invoice_row(invoice: Invoice) -> Json:
    """Return an invoice without its lines."""
    times = ("generated_at", "disputable_until", "disputed_at", "resolved_at", "finalized_at", "released_at")
    return {
        "id": invoice.pk,
        "number": invoice.number,
        "currency": invoice.currency,
        "period": invoice.period,
        "state": invoice.state,
        **{name: plain(getattr(invoice, name)) for name in ("opening", "paid_out", "earned", "adjusted", "closing")},
        "reason": invoice.reason or None,
        **{name: getattr(invoice, name) for name in (*times, "voided_at")},
    }


def invoice_detail(invoice: Invoice) -> Json:
    """Return an invoice with every line's arithmetic, its adjustments and the thread about it."""
    return {
        **invoice_row(invoice),
        "lines": [_line(line) for line in invoice.lines.select_related("price")],
        "adjustments": [_adjustment(each) for each in invoice.adjustments.all()],
        "notes": [
            {"by": "operator" if note.is_operator else "seller", "text": note.text, "created_at": note.created_at}
            for note in invoice.notes.all()
        ],
    }


def earning_row(earning: Earning, service_name: str | None) -> Json:
    """Return what a service earned."""
    return {
        "service_id": earning.service_id,
        "service_name": service_name,
        "currency": earning.currency,
        "requests": earning.requests,
        "metrics": {name: plain(quantity) for name, quantity in earning.metrics.items()},
        "customer_charge": plain(earning.customer_charge),
        "price": earning.price.price if earning.price else None,
        "price_in_words": earning.price_in_words,
        "payout": plain(earning.payout),
        "trace": dict(earning.trace),
        "error": earning.error or None,
    }


def payout_row(payout: Payout) -> Json:
    return {
        **{name: getattr(payout, name) for name in ("currency", "origin", "state", "requested_at", "sent_at")},
        "id": payout.pk,
        "amount": plain(payout.amount),
        "failure": payout.failure or None,
        "ended_at": payout.ended_at,
    }


def balance_row(balance: Balance, hindrance: str) -> Json:
    return {
        "currency": balance.currency,
        "current_balance": plain(balance.current),
        "reserved": plain(balance.reserved),
        "available_payout": plain(balance.available),
        "payable": plain(balance.payable),
        "hindrance": hindrance or None,
    }


def _line(line: InvoiceLine) -> Json:
    return {
        "service_id": line.service_id,
        "service_name": line.service_name,
        "period": line.period,
        "requests": line.requests,
        "metrics": line.metrics,
        "customer_charge": plain(line.customer_charge),
        "price": line.price.price if line.price else None,
        "price_in_words": line.price_in_words,
        "payout": plain(line.payout),
        "trace": line.trace,
        "error": line.error or None,
    }


def _adjustment(each: Adjustment) -> Json:
    return {
        "id": each.pk,
        "kind": each.kind,
        "note": each.note,
        "service_id": each.service_id,
        "period": each.period,
        "credited": plain(each.credited),
        "amount": _optional(each.amount),
        "entered_at": each.entered_at,
    }


def _optional(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)
