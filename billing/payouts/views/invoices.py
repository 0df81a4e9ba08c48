"""Earnings of the month so far, and the invoices of the months before."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams.access import MemberRequest, seller_required
from accounts.teams.permissions import Permission, is_allowed
from billing.payouts import pdf, queries, services
from billing.payouts.forms import ContestForm, NoteForm
from billing.payouts.models import Invoice, InvoiceReason, InvoiceState
from common import htmx, ports
from common.errors import DomainError
from common.pagination import Page, page_number
from domain import periods

_PAGE_SIZE = 25
_FIRST_MONTH = date(2000, 1, 1)


@require_safe
@seller_required()
def earnings(request: MemberRequest) -> HttpResponse:
    """What each service earned in a month; of the running one an estimate."""
    this_month = timezone.now().astimezone(UTC).date().replace(day=1)
    period = _month(request.GET.get("month", ""), this_month)
    found = queries.earnings(seller=request.team, period=period)
    names = ports.service_names(each.service_id for each in found)
    totals: dict[str, Any] = {}
    for each in found:
        totals[each.currency] = totals.get(each.currency, 0) + each.payout
    context = {
        "period": period,
        "is_estimate": period == this_month,
        "previous": periods.preceding(period),
        "next": periods.following(period) if period < this_month else None,
        "earnings": [(names.get(each.service_id, "A service that is gone"), each) for each in found],
        "totals": sorted(totals.items()),
    }
    return htmx.render(request, "billing/payouts/earnings.html", context)


@require_safe
@seller_required()
def invoice_list(request: MemberRequest) -> HttpResponse:
    """The monthly invoices, newest first."""
    found = queries.invoices(seller=request.team)
    number = page_number(request.GET.get("page"))
    rows = list(found[(number - 1) * _PAGE_SIZE : number * _PAGE_SIZE])
    context = {"page": Page(rows, number, _PAGE_SIZE, found.count())}
    return htmx.render(request, "billing/payouts/invoice_list.html", context, partial="invoice-table")


@require_safe
@seller_required()
def invoice_detail(request: MemberRequest, invoice_id: UUID) -> HttpResponse:
    """One invoice: balances, lines with their arithmetic, adjustments, and the thread about it."""
    invoice = queries.invoice(seller=request.team, invoice_id=invoice_id)
    return htmx.render(request, "billing/payouts/invoice_detail.html", _detail(request, invoice))


@require_safe
@seller_required()
def invoice_pdf(request: MemberRequest, invoice_id: UUID) -> HttpResponse:
    """The invoice as a document to keep."""
    invoice = queries.invoice(seller=request.team, invoice_id=invoice_id)
    return _file(pdf.rendered(invoice), "application/pdf", f"{invoice.number}.pdf")


@require_safe
@seller_required()
def invoice_csv(request: MemberRequest, invoice_id: UUID) -> HttpResponse:
    """The lines and adjustments of an invoice for a spreadsheet, every amount exact."""
    invoice = queries.invoice(seller=request.team, invoice_id=invoice_id)
    response = _file(b"", "text/csv; charset=utf-8", f"{invoice.number}.csv")
    writer = csv.writer(response)
    writer.writerow(["kind", "month", "service_id", "description", "requests", "customer_charge", "amount", "currency"])
    for line in invoice.lines.all():
        values = [line.service_id, _cell(line.service_name), line.requests, f"{line.customer_charge:f}"]
        writer.writerow(["service", f"{line.period:%Y-%m}", *values, f"{line.payout:f}", invoice.currency])
    for each in invoice.adjustments.all():
        month = f"{each.period:%Y-%m}" if each.period else ""
        values = [each.service_id or "", _cell(each.note), "", f"{each.credited:f}"]
        writer.writerow([each.kind, month, *values, f"{each.amount:f}", invoice.currency])
    return response


@require_http_methods(["GET", "POST"])
@seller_required(Permission.MANAGE_BILLING)
def invoice_contest(request: MemberRequest, invoice_id: UUID) -> HttpResponse:
    """Dispute an invoice while its window is open."""
    invoice = queries.invoice(seller=request.team, invoice_id=invoice_id)
    form = ContestForm(request.POST or None)
    if form.is_valid():
        try:
            services.contest(
                invoice_id=invoice.pk,
                reason=InvoiceReason(form.cleaned_data["reason"]),
                text=form.cleaned_data["text"],
                by=request.user,
                now=timezone.now(),
            )
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, f"{invoice.number} is disputed. The operators answer on its page.")
            return htmx.redirect(request, "payouts:invoice", invoice.pk, event="invoice-disputed")
    context = {"invoice": invoice, "form": form, "can_contest": _can_contest(invoice)}
    return htmx.render(request, "billing/payouts/invoice_contest.html", context, partial="contest-form")


@require_POST
@seller_required(Permission.MANAGE_BILLING)
def invoice_note(request: MemberRequest, invoice_id: UUID) -> HttpResponse:
    """Write to the operators about a disputed invoice."""
    invoice = queries.invoice(seller=request.team, invoice_id=invoice_id)
    form = NoteForm(request.POST)
    if form.is_valid():
        services.note(invoice_id=invoice.pk, text=form.cleaned_data["text"], by=request.user, is_operator=False)
        return htmx.redirect(request, "payouts:invoice", invoice.pk, event="invoice-note-added")
    return htmx.render(request, "billing/payouts/invoice_detail.html", {**_detail(request, invoice), "form": form})


def _detail(request: MemberRequest, invoice: Invoice) -> dict[str, Any]:
    may_manage = is_allowed(request.membership.role, Permission.MANAGE_BILLING)
    return {
        "invoice": invoice,
        "lines": [(line, _steps(line.trace)) for line in invoice.lines.all()],
        "adjustments": list(invoice.adjustments.all()),
        "notes": list(invoice.notes.select_related("author")),
        "can_contest": may_manage and _can_contest(invoice),
        "form": NoteForm() if may_manage and invoice.state == InvoiceState.DISPUTED else None,
    }


def _can_contest(invoice: Invoice) -> bool:
    return invoice.state == InvoiceState.GENERATED and invoice.disputable_until > timezone.now()


def _steps(trace: dict[str, Any], depth: int = 0) -> list[str]:
    """Return an arithmetic line by line, the outermost first."""
    if not trace:
        return []
    own = f"{'· ' * depth}{str(trace['type']).replace('_', ' ')}: {trace['formula']} = {trace['cost']}"
    return [own] + [step for child in trace.get("children", ()) for step in _steps(child, depth + 1)]


def _month(asked: str, this_month: date) -> date:
    """Return the first day of the month that is asked for, as 2026-11; of this one when it makes no sense."""
    try:
        found = datetime.strptime(asked, "%Y-%m").date()  # noqa: DTZ007  a month has no time zone
    except ValueError:
        return this_month
    return found if _FIRST_MONTH <= found <= this_month else this_month


def _cell(text: str) -> str:
    """Keep a spreadsheet from taking a seller's words for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
