"""Reads of sellers' invoices, and what is to be invoiced."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import takewhile
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum

from accounts.teams.models import Team
from billing.payouts.models import (
    Adjustment,
    Invoice,
    InvoiceLine,
    InvoiceState,
    PayoutTerm,
)
from billing.payouts.queries.earnings import months_with_fees, services_of
from billing.rating.models import PeriodUsage
from common.errors import NotFound

_VALID = ~Q(state=InvoiceState.VOIDED)


def invoices(*, seller: Team) -> QuerySet[Invoice]:
    """Return a seller's invoices, newest first."""
    return Invoice.objects.filter(seller=seller).select_related("seller").order_by("-period", "-sequence")


def invoice(*, seller: Team, invoice_id: UUID) -> Invoice:
    """Return one invoice. Raises: NotFound."""
    found = invoices(seller=seller).filter(pk=invoice_id).first()
    if found is None:
        raise NotFound(what="invoice")
    return found


def lock_invoice(invoice_id: UUID) -> Invoice:
    """Return the invoice as it is now, locked until the transaction ends. The seller's account is locked before."""
    return Invoice.objects.select_for_update(of=("self",)).select_related("seller").get(pk=invoice_id)


def newest_invoice(*, seller: Team, currency: str) -> Invoice | None:
    """Return the last invoice in a currency that is not voided."""
    return Invoice.objects.filter(_VALID, seller=seller, currency=currency).order_by("-period").first()


def line_of(*, service_id: UUID, period: date) -> InvoiceLine | None:
    """Return the newest line on which a service's month stands, when an invoice has one that is not voided."""
    lines = InvoiceLine.objects.filter(service_id=service_id, period=period).exclude(invoice__state=InvoiceState.VOIDED)
    return lines.select_related("price", "invoice").order_by("-invoice__period").first()


def invoiced_payout(*, service_id: UUID, period: date) -> Decimal:
    """Return what all valid invoices together gave for a service's month."""
    lines = InvoiceLine.objects.filter(service_id=service_id, period=period)
    given = lines.exclude(invoice__state=InvoiceState.VOIDED).aggregate(total=Sum("payout"))["total"]
    return given or Decimal(0)


def invoiced(*, seller: Team, currency: str, since: date) -> dict[tuple[UUID, date], Decimal]:
    """Return {(service, month): payout} of what the valid invoices have for the months from `since` on."""
    lines = InvoiceLine.objects.filter(invoice__seller=seller, invoice__currency=currency, period__gte=since)
    rows = lines.exclude(invoice__state=InvoiceState.VOIDED).order_by().values("service_id", "period")
    return {(row["service_id"], row["period"]): row["total"] for row in rows.annotate(total=Sum("payout"))}


def unlisted_adjustments(*, seller: Team, currency: str) -> QuerySet[Adjustment]:
    """Return the adjustments that the next invoice takes, oldest first."""
    waiting = Adjustment.objects.filter(seller=seller, currency=currency, invoice__isnull=True)
    return waiting.select_related("transaction").order_by("created_at", "pk")


def months_to_invoice(*, seller: Team, currency: str, before: date) -> list[date]:
    """Return the months before `before` that are to be invoiced and may be now, oldest first.

    Months are invoiced in their order. A month waits until every wallet with usage in it has closed it, and those
    after it wait for it.
    """
    services = services_of(seller=seller)
    used = PeriodUsage.objects.filter(service_id__in=services).order_by().values_list("period", flat=True).distinct()
    waiting = unlisted_adjustments(seller=seller, currency=currency).values_list("entered_at", flat=True)
    months = {*used, *months_with_fees(services), *(each.astimezone(UTC).date().replace(day=1) for each in waiting)}
    last = newest_invoice(seller=seller, currency=currency)
    found = sorted(month for month in months if month < before and (last is None or month > last.period))
    return list(takewhile(lambda month: _is_closed(services, month), found))


def _is_closed(services: Iterable[UUID], month: date) -> bool:
    """Return whether no statement of a customer can still take usage of these services in `month`."""
    unclosed = Q(wallet__open_period__isnull=True) | Q(wallet__open_period__lte=F("period"))
    return not PeriodUsage.objects.filter(unclosed, service_id__in=list(services), period=month).exists()


def sellers_to_invoice() -> list[tuple[UUID, str]]:
    """Return (seller, currency) of all payout terms and open adjustments. For the platform's own work."""
    terms = PayoutTerm.objects.order_by().values_list("seller_id", "currency").distinct()
    waiting = Adjustment.objects.filter(invoice__isnull=True).order_by().values_list("seller_id", "currency").distinct()
    return sorted({*terms, *waiting})


def due_invoices(*, now: datetime) -> QuerySet[Invoice]:
    """Return the invoices that may go on by themselves: undisputed beyond their window, or resolved."""
    silent = Q(state=InvoiceState.GENERATED, disputable_until__lte=now)
    return Invoice.objects.filter(silent | Q(state=InvoiceState.RESOLVED)).order_by("seller_id", "period")
