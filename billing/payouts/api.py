"""The sellers' API over money: what was earned, invoices and their disputes, what is owed, payouts."""

from __future__ import annotations

from datetime import UTC, date
from typing import Annotated
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from accounts.teams import callers
from accounts.teams.callers import KeyRequest
from accounts.teams.permissions import Permission
from billing.payouts import pdf, queries, schemas, services
from billing.payouts.models import Invoice, InvoiceReason, PayoutOrigin
from billing.payouts.services.advancing import window_days
from billing.payouts.services.paying import hindrance, minimum
from common import cursors, ports
from common.errors import Invalid
from common.ninja import Endpoints
from domain.pricing.decimals import plain

router = Router(tags=["money"])
endpoint = Endpoints(router)
_PAGE_LIMIT = 200
Month = Annotated[str, Field(json_schema_extra={"pattern": "^2[01][0-9]{2}-(0[1-9]|1[0-2])$"})]


class PageFilters(Schema):
    cursor: str | None = None
    limit: int = 50

    @property
    def size(self) -> int:
        return min(max(self.limit, 1), _PAGE_LIMIT)


class InvoiceFilters(PageFilters):
    state: schemas.StateWord | None = None


@endpoint("GET", "/earnings", {200: schemas.Earnings})
def earnings(request: KeyRequest, month: Month | None = None) -> schemas.Earnings:
    """Return what each service earned in a month, such as 2026-11; of the running one, which is the default, so far."""
    this_month = timezone.now().astimezone(UTC).date().replace(day=1)
    period = this_month if month is None else _month(month)
    found = queries.earnings(seller=request.team, period=period)
    names = ports.service_names(each.service_id for each in found)
    rows = [schemas.earning_row(each, names.get(each.service_id)) for each in found]
    told = {"period": period, "is_estimate": period >= this_month, "data": rows}
    return schemas.Earnings.model_validate(told)


@endpoint("GET", "/invoices", {200: schemas.InvoicePage})
def invoice_list(request: KeyRequest, filters: Query[InvoiceFilters]) -> schemas.InvoicePage:
    """Return the monthly invoices, the last written first."""
    found = queries.invoices(seller=request.team)
    found = found.filter(state=filters.state) if filters.state else found
    page = cursors.page(found, cursor=filters.cursor, limit=filters.size)
    rows = [schemas.invoice_row(invoice) for invoice in page.rows]
    return schemas.InvoicePage.model_validate(
        {"data": rows, "next_cursor": page.next_cursor, "has_more": page.has_more}
    )


@endpoint("GET", "/invoices/{invoice_id}", {200: schemas.InvoiceDetail})
def invoice_detail(request: KeyRequest, invoice_id: UUID) -> schemas.InvoiceDetail:
    """Return one invoice: balances, lines with their arithmetic, adjustments, and the thread about it."""
    return _detail(_invoice(request, invoice_id))


@endpoint(
    "GET",
    "/invoices/{invoice_id}/pdf",
    {200: bytes},
    openapi_extra={
        "responses": {
            200: {
                "description": "OK",
                "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
            }
        }
    },
)
def invoice_pdf(request: KeyRequest, invoice_id: UUID) -> HttpResponse:
    """Return one invoice as a document to keep."""
    invoice = _invoice(request, invoice_id)
    named = f'attachment; filename="{invoice.number}.pdf"'
    return HttpResponse(pdf.rendered(invoice), content_type="application/pdf", headers={"Content-Disposition": named})


@endpoint("POST", "/invoices/{invoice_id}/dispute", {200: schemas.InvoiceDetail})
def invoice_dispute(request: KeyRequest, invoice_id: UUID, body: schemas.InvoiceDispute) -> schemas.InvoiceDetail:
    """Dispute an invoice while its window is open: nothing of it is booked before that is resolved."""
    callers.check(request, Permission.MANAGE_BILLING)
    invoice = services.contest(
        invoice_id=_invoice(request, invoice_id).pk,
        reason=InvoiceReason(body.reason),
        text=body.text,
        by=request.api_key.created_by,
        now=timezone.now(),
    )
    return _detail(invoice)


@endpoint("GET", "/balance", {200: schemas.Balances})
def balance(request: KeyRequest) -> schemas.Balances:
    """Return what is owed and what of it can be paid out now, in each currency."""
    account = queries.account_of(seller=request.team)
    rows = [
        schemas.balance_row(each, hindrance(account=account, currency=each.currency))
        for each in queries.balances(seller=request.team)
    ]
    told = {"data": rows, "payout_window_days": window_days(account), "minimum_payout": plain(minimum())}
    return schemas.Balances.model_validate(told)


@endpoint("GET", "/payouts", {200: schemas.PayoutPage})
def payout_list(request: KeyRequest, filters: Query[PageFilters]) -> schemas.PayoutPage:
    """Return the payouts, newest first."""
    page = cursors.page(queries.payouts(seller=request.team), cursor=filters.cursor, limit=filters.size)
    rows = [schemas.payout_row(payout) for payout in page.rows]
    return schemas.PayoutPage.model_validate({"data": rows, "next_cursor": page.next_cursor, "has_more": page.has_more})


@endpoint("POST", "/payouts", {201: schemas.PayoutRow})
def payout_request(request: KeyRequest, body: schemas.PayoutOrder) -> Status[schemas.PayoutRow]:
    """Pay out all that is available in a currency. The money is on its way when the state is "sent"."""
    callers.check(request, Permission.MANAGE_BILLING)
    payout = services.request(
        seller=request.team,
        currency=body.currency,
        origin=PayoutOrigin.DEMAND,
        by=request.api_key.created_by,
        now=timezone.now(),
    )
    return Status(201, schemas.PayoutRow.model_validate(schemas.payout_row(payout)))


@endpoint("GET", "/payouts/{payout_id}", {200: schemas.PayoutRow})
def payout_detail(request: KeyRequest, payout_id: UUID) -> schemas.PayoutRow:
    """Return one payout."""
    payout = queries.payout(seller=request.team, payout_id=payout_id)
    return schemas.PayoutRow.model_validate(schemas.payout_row(payout))


def _invoice(request: KeyRequest, invoice_id: UUID) -> Invoice:
    return queries.invoice(seller=request.team, invoice_id=invoice_id)


def _detail(invoice: Invoice) -> schemas.InvoiceDetail:
    return schemas.InvoiceDetail.model_validate(schemas.invoice_detail(invoice))


def _month(text: str) -> date:
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        found = date.min
    if not 2000 <= found.year < 2200:
        raise Invalid([f"month: write it as 2026-11 (got '{text[:20]}')."])
    return found
