"""Writing the monthly invoice of a seller."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from accounts.teams.models import Team
from billing.payouts import queries
from billing.payouts.models import Adjustment, Invoice, InvoiceLine, InvoiceState
from billing.payouts.queries import Earning
from common import jobs, ports
from domain import payouts, periods, pricing

_ZERO = Decimal(0)
#: How many months back an invoice looks for usage that was not known when their own were written.
CORRECTED_MONTHS = 3


@dataclass(frozen=True, slots=True)
class _Line:
    """payout: what the line adds, of a correction the difference to what was invoiced before."""

    earning: Earning
    payout: Decimal


def generate_due(*, seller: Team, currency: str, now: datetime) -> list[Invoice]:
    """Write every invoice of a seller that is due in one currency, oldest month first."""
    this_month = now.astimezone(UTC).date().replace(day=1)
    months = queries.months_to_invoice(seller=seller, currency=currency, before=this_month)
    written = [generate(seller=seller, currency=currency, period=month, now=now) for month in months]
    return [each for each in written if each is not None]


@transaction.atomic
def generate(*, seller: Team, currency: str, period: date, now: datetime) -> Invoice | None:
    """Write the invoice of a month that is closed. None when there is nothing to put on it, or it is there already.

    Source: docs/algorithms/payouts.md, "The invoice".
    """
    account = queries.lock_account(seller)
    newest = queries.newest_invoice(seller=seller, currency=currency)
    if newest is not None and newest.period >= period:
        return None
    earnings = [each for each in queries.earnings(seller=seller, period=period) if each.currency == currency]
    lines = [_Line(each, each.payout) for each in earnings] + _corrections(seller, currency, period)
    adjustments = _listed(seller, currency, (line.earning for line in lines))
    if not (lines or adjustments):
        return None
    account.last_invoice += 1
    account.save(update_fields=["last_invoice"])
    invoice = Invoice.objects.create(
        seller=seller,
        currency=currency,
        period=period,
        sequence=account.last_invoice,
        opening=newest.closing if newest else _ZERO,
        paid_out=queries.paid_out(seller=seller, currency=currency) - _shown_as_paid(seller, currency),
        earned=sum((line.payout for line in lines), _ZERO),
        adjusted=sum((each.amount or _ZERO for each in adjustments), _ZERO),
        generated_at=now,
        disputable_until=now + timedelta(days=settings.INVOICE_DISPUTE_DAYS),
    )
    _write_lines(invoice, lines)
    for adjustment in adjustments:
        adjustment.invoice = invoice
        adjustment.save(update_fields=["amount", "invoice"])
    jobs.enqueue("billing.payouts.tell_invoice", invoice_id=str(invoice.pk))
    return invoice


def _corrections(seller: Team, currency: str, period: date) -> list[_Line]:
    """Return lines for earlier months whose usage or prices are known better now than when they were invoiced."""
    months = [periods.add_months(period, -back) for back in range(1, CORRECTED_MONTHS + 1)]
    before = queries.invoiced(seller=seller, currency=currency, since=months[-1])
    known = [each for month in months for each in queries.earnings(seller=seller, period=month)]
    changed = [
        _Line(each, each.payout - before.get((each.service_id, each.period), _ZERO))
        for each in known
        if each.currency == currency and not each.error
    ]
    return [line for line in changed if line.payout]


def _listed(seller: Team, currency: str, earnings: Iterable[Earning]) -> list[Adjustment]:
    """Return the adjustments that this invoice takes, each with its amount. A share of a later month has to wait."""
    own: dict[tuple[object, object], Earning] = {(each.service_id, each.period): each for each in earnings}
    listed = []
    for adjustment in queries.unlisted_adjustments(seller=seller, currency=currency):
        earning = own.get((adjustment.service_id, adjustment.period))
        if adjustment.amount is None and earning is not None:
            adjustment.amount = -_share(earning, adjustment.credited)
        if adjustment.amount is not None:
            listed.append(adjustment)
    return listed


def _share(earning: Earning, credited: Decimal) -> Decimal:
    if earning.price is None:
        return _ZERO
    price = pricing.compile(earning.price.price)
    return payouts.share_of(price, payout=earning.payout, customer_charge=earning.customer_charge, credited=credited)


def _shown_as_paid(seller: Team, currency: str) -> Decimal:
    """Return what the valid invoices say was paid out before."""
    valid = Invoice.objects.filter(seller=seller, currency=currency).exclude(state=InvoiceState.VOIDED)
    return valid.aggregate(total=Sum("paid_out"))["total"] or _ZERO


def _write_lines(invoice: Invoice, lines: list[_Line]) -> None:
    names = ports.service_names(line.earning.service_id for line in lines)
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            service_id=line.earning.service_id,
            service_name=names.get(line.earning.service_id, "A service that is gone"),
            period=line.earning.period,
            price=line.earning.price,
            price_in_words=line.earning.price_in_words,
            requests=line.earning.requests,
            metrics={name: f"{quantity:f}" for name, quantity in sorted(line.earning.metrics.items())},
            customer_charge=line.earning.customer_charge,
            payout=line.payout,
            trace=line.earning.trace,
            error=line.earning.error,
        )
        for line in lines
    )
