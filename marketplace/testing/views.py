"""A seller's tests of a service: what there is to do before it is submitted, what ran, and what came of it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission, is_allowed
from common import htmx
from common.errors import DomainError, NotFound
from common.pagination import Page, page_number
from marketplace.catalog import queries as catalog
from marketplace.catalog.models import Document, DocumentCategory, Service
from marketplace.testing import queries, runner, services
from marketplace.testing.checklist import checklist
from marketplace.testing.models import TestRun

_PAGE_SIZE = 10


@require_safe
@member_required()
def overview(request: MemberRequest, service_id: UUID) -> HttpResponse:
    """The checklist before a submission, the scripts, the last run, and those before it."""
    service = _service(request, service_id)
    last = queries.last_run(service)
    number = page_number(request.GET.get("page"))
    everything = queries.runs(service)
    rows = list(everything[(number - 1) * _PAGE_SIZE : number * _PAGE_SIZE])
    documents = queries.executable_documents(service)
    context = {
        **_run_context(service, last),
        "checklist": checklist(service, last),
        "documents": [(each, queries.test_of(each), _is_example(each)) for each in documents],
        "page": Page(rows, number, _PAGE_SIZE, everything.count()),
        "has_runner": runner.configured().is_switched_on,
        "may_manage": is_allowed(request.membership.role, Permission.MANAGE_SERVICES),
    }
    return htmx.render(request, "marketplace/testing/overview.html", context)


@require_safe
@member_required()
def run_detail(request: MemberRequest, service_id: UUID, run_id: UUID) -> HttpResponse:
    """One run; while it is open its results come in by themselves."""
    service = _service(request, service_id)
    run = queries.service_run(team=request.team, service_id=service.pk, run_id=run_id)
    return htmx.render(request, "marketplace/testing/run_detail.html", _run_context(service, run), partial="test-run")


@require_POST
@member_required(Permission.MANAGE_SERVICES)
def run_create(request: MemberRequest, service_id: UUID) -> HttpResponse:
    """Have the tests of a service run."""
    service = _service(request, service_id)
    try:
        run = services.begin(service=service, force=True, by=request.user, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
        return htmx.redirect(request, "service_tests:overview", service.pk)
    return htmx.redirect(request, "service_tests:run", service.pk, run.pk, event="tests-begun")


@require_POST
@member_required(Permission.MANAGE_SERVICES)
def document_mark(request: MemberRequest, service_id: UUID, document_id: UUID) -> HttpResponse:
    """Leave a code example out of the tests, or take it in again."""
    service = _service(request, service_id)
    document = next((each for each in catalog.documents(service) if each.pk == document_id), None)
    if document is None:
        raise NotFound(what="document")
    status = "skip" if request.POST.get("status") == "skip" else "pending"
    try:
        services.report(document=document, told=services.Report(status), by=request.user, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        done = "is left out of the tests." if status == "skip" else "is tested again."
        messages.success(request, f"“{document.title}” {done}")
    return htmx.redirect(request, "service_tests:overview", service.pk, event="test-marked")


def _run_context(service: Service, run: TestRun | None) -> dict[str, object]:
    return {"service": service, "run": run, "results": list(queries.results(run)) if run is not None else []}


def _is_example(document: Document) -> bool:
    return document.category == DocumentCategory.CODE_EXAMPLE


def _service(request: MemberRequest, service_id: UUID) -> Service:
    if not request.team.is_seller:
        raise NotFound(what="page")
    return catalog.seller_service(team=request.team, service_id=str(service_id))
