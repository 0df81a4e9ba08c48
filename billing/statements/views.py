"""Pages of statements: the list by month, one statement, the month so far, files, and billing details."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission, is_allowed
from billing.statements import queries, services
from billing.statements.contents import Contents
from billing.statements.forms import BillingDetailsForm
from billing.statements.models import FileKind, Statement
from common import htmx
from common.pagination import Page, page_number

_PAGE_SIZE = 24
_TYPES = {
    FileKind.PDF: "application/pdf",
    FileKind.XML: "application/xml",
    FileKind.CSV: "text/csv; charset=utf-8",
    FileKind.JSON: "application/json",
}


@require_safe
@member_required()
def statement_list(request: MemberRequest) -> HttpResponse:
    """The months that are frozen, and those that run."""
    found = queries.statements(team=request.team)
    number, total = page_number(request.GET.get("page")), found.count()
    rows = queries.with_files(found)[(number - 1) * _PAGE_SIZE : number * _PAGE_SIZE]
    context = {
        "page": Page([(each, _files(each)) for each in rows], number, _PAGE_SIZE, total),
        "open_months": queries.open_months(team=request.team),
        "details": queries.billing_details(team=request.team),
        **_rights(request),
    }
    return htmx.render(request, "billing/statements/statement_list.html", context, partial="statement-table")


@require_safe
@member_required()
def statement_detail(request: MemberRequest, number: str) -> HttpResponse:
    """One statement: what the PDF says."""
    found = queries.statement(team=request.team, number=number)
    return _detail(request, queries.contents(found), files=_files(found))


@require_safe
@member_required()
def so_far(request: MemberRequest) -> HttpResponse:
    """What the statement of the running month would say now; ?currency= chooses the wallet."""
    contents = queries.so_far(team=request.team, currency=request.GET.get("currency", "USD"))
    return _detail(request, contents, files=[])


def _detail(request: MemberRequest, contents: Contents, files: list[dict[str, Any]]) -> HttpResponse:
    context = {"statement": contents, "files": files, "is_rendering": contents.number and not _has_pdf(files)}
    return htmx.render(request, "billing/statements/statement_detail.html", {**context, **_rights(request)})


@require_safe
@member_required()
def file_download(request: MemberRequest, number: str, kind: str) -> HttpResponse:
    """The stored bytes, the same for every download; the hash is their tag."""
    file = queries.file(team=request.team, number=number, kind=kind)
    tag = f'"{file.sha256}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    headers = {
        "Content-Disposition": f'attachment; filename="{file.name}"',
        "Cache-Control": "private, no-cache",
        "ETag": tag,
    }
    return HttpResponse(bytes(file.content), content_type=_TYPES[FileKind(file.kind)], headers=headers)


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_BILLING)
def billing_details(request: MemberRequest) -> HttpResponse:
    """Whom the next statements are addressed to."""
    details = queries.billing_details(team=request.team)
    fields = ("legal_name", "address", "country", "tax_id")
    initial = {name: getattr(details, name) for name in fields} if details else {"legal_name": str(request.team)}
    form = BillingDetailsForm(request.POST or None, initial=initial)
    if form.is_valid():
        services.set_billing_details(team=request.team, now=timezone.now(), **form.cleaned_data)
        messages.success(request, "Your next statement is addressed to it.")
        return htmx.redirect(request, "statements:list", event="billing-details-changed")
    return htmx.render(request, "billing/statements/details_form.html", {"form": form}, partial="details-form")


def _files(statement: Statement) -> list[dict[str, Any]]:
    """Return the stored files of a statement, in the order in which they are offered."""
    there = {file.kind: file for file in statement.files.all()}
    return [
        {"kind": kind.value, "label": kind.value.upper(), "file": there[kind]} for kind in FileKind if kind in there
    ]


def _has_pdf(files: list[dict[str, Any]]) -> bool:
    return any(file["kind"] == FileKind.PDF for file in files)


def _rights(request: MemberRequest) -> dict[str, bool]:
    return {"may_manage": is_allowed(request.membership.role, Permission.MANAGE_BILLING)}
