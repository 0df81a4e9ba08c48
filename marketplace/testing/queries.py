"""Reads of tests: runs and their results, and what they say about a service."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.teams.models import Team
from common.errors import NotFound
from marketplace.catalog import queries as catalog
from marketplace.catalog.files.documents import EXECUTABLE_CATEGORIES
from marketplace.catalog.models import Document, DocumentCategory, Service, ServiceKind, ServiceStatus
from marketplace.testing.models import (
    OPEN,
    Outcome,
    Purpose,
    ResultStatus,
    RunStatus,
    TestResult,
    TestRun,
)

_STATES = {
    RunStatus.QUEUED: "PENDING",
    RunStatus.RUNNING: "STARTED",
    RunStatus.COMPLETED: "SUCCESS",
    RunStatus.FAILED: "FAILURE",
}


def run(run_id: UUID | str) -> TestRun:
    """Return a run with its service and what belongs to it. Raises: NotFound."""
    related = TestRun.objects.select_related(
        "service__seller", "service__provider", "service__offering", "service__listing", "service__list_price"
    )
    found = related.filter(pk=run_id).first()
    if found is None:
        raise NotFound(what="test run")
    return found


def open_run(reference: str) -> tuple[TestRun, bool] | None:
    """Return the open run of a call token's reference, and whether its calls go straight to the upstream."""
    try:
        wanted = UUID(reference)
    except ValueError:
        return None
    named = Q(pk=wanted) | Q(direct_reference=wanted) | Q(script_reference=wanted)
    found = TestRun.objects.filter(named, status__in=OPEN).first()
    if found is None:
        return None
    return run(found.pk), found.direct_reference == wanted


def service_run(*, team: Team, service_id: UUID, run_id: UUID) -> TestRun:
    """Return a run of one of a seller's services. Raises: NotFound."""
    found = TestRun.objects.filter(pk=run_id, service_id=service_id, service__seller=team).first()
    if found is None:
        raise NotFound(what="test run")
    return run(found.pk)


def runs(service: Service) -> QuerySet[TestRun]:
    """Return the runs of a service, the last one first."""
    return TestRun.objects.filter(service=service).select_related("requested_by")


def last_run(service: Service) -> TestRun | None:
    """Return the last run over all tests of a service, or None."""
    whole = runs(service).filter(document=None, category="").exclude(purpose=Purpose.REPORT)
    return whole.first()


def results(test_run: TestRun) -> QuerySet[TestResult]:
    """Return the results of a run in the order in which they came."""
    return test_run.results.select_related("interface", "document")


def executable_documents(service: Service) -> list[Document]:
    """Return the scripts of a service: connectivity tests first, then code examples."""
    found = [each for each in catalog.documents(service) if each.category in EXECUTABLE_CATEGORIES and each.is_active]
    return sorted(found, key=lambda each: (each.category != DocumentCategory.CONNECTIVITY_TEST, each.sort_order))


def request_templates(service: Service) -> list[Document]:
    """Return the active request templates of a service."""
    return [
        each
        for each in catalog.documents(service)
        if each.category == DocumentCategory.REQUEST_TEMPLATE and each.is_active
    ]


def test_of(document: Document) -> dict[str, Any]:
    """Return what is recorded of a document's tests, {} for nothing."""
    test = document.meta.get("test")
    return test if isinstance(test, dict) else {}


def services_of(document: Document) -> QuerySet[Service]:
    """Return the services that a document belongs to, those on sale first."""
    if document.listing_id is not None:
        found = Service.objects.filter(listing=document.listing_id)
    elif document.offering_id is not None:
        found = Service.objects.filter(offering=document.offering_id)
    else:
        found = Service.objects.filter(provider=document.provider_id)
    ended = Q(status=ServiceStatus.DEPRECATED)
    return found.exclude(ended).select_related("seller").order_by("-approved_at", "pk")


def last_result(document: Document, *, interface_id: UUID | None, channel: str = "") -> TestResult | None:
    """Return the last result of a document, at one interface when it is given, that was not skipped."""
    found = TestResult.objects.filter(document=document).exclude(status=ResultStatus.SKIPPED)
    if interface_id is not None:
        found = found.filter(interface=interface_id)
    if channel:
        found = found.filter(channel=channel)
    return found.order_by("-executed_at", "-id").first()


def tasks(team_id: UUID, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return a seller's test runs as the tasks that its client polls; unknown ids are left out."""
    wanted = [found for found in map(_uuid, ids) if found is not None]
    if not wanted:
        return {}
    mine = TestRun.objects.filter(pk__in=wanted, service__seller=team_id).prefetch_related("results")
    return {str(each.pk): _task(each) for each in mine}


def _task(test_run: TestRun) -> dict[str, Any]:
    status = RunStatus(test_run.status)
    messages = {
        RunStatus.QUEUED: "Waiting for a worker.",
        RunStatus.RUNNING: f"{test_run.done} of {test_run.total} done.",
        RunStatus.COMPLETED: "Done.",
        RunStatus.FAILED: test_run.error,
    }
    return {
        "task_id": str(test_run.pk),
        "status": status.value,
        "state": _STATES[status],
        "message": messages[status],
        "result": summary(test_run) if status == RunStatus.COMPLETED else None,
        "error": test_run.error or None,
    }


def summary(test_run: TestRun) -> dict[str, Any]:
    """Return a finished run as the sellers' client prints it."""
    rows = [row(each) for each in test_run.results.all()]
    return {
        "service_id": str(test_run.service_id),
        "status": "failure" if test_run.fail_count else "success",
        "outcome": None if rows else "no_executable_documents",
        "snapshot_status": test_run.snapshot_status,
        "started_at": _time(test_run.started_at),
        "completed_at": _time(test_run.finished_at),
        "success_count": test_run.success_count,
        "fail_count": test_run.fail_count,
        "skipped_count": test_run.skipped_count,
        "results": rows,
    }


def row(result: TestResult) -> dict[str, Any]:
    """Return a result as the sellers' client prints it."""
    channels = result.upstream_channels or None
    passed = {name: each for name, each in (channels or {}).items() if each.get("status") == ResultStatus.SUCCESS}
    shown = passed or channels or {}
    return {
        "document_id": str(result.document_id or ""),
        "document_title": result.document_title,
        "category": result.category or None,
        "interface_id": str(result.interface_id) if result.interface_id else None,
        "interface_name": result.interface_name or None,
        "status": result.status,
        "exit_code": result.exit_code,
        "error": result.error or None,
        "stdout": result.stdout or None,
        "stderr": result.stderr or None,
        "executed_at": _time(result.executed_at),
        "outcome": result.outcome or None,
        "fault": result.fault or None,
        "gateway": None if result.status == ResultStatus.SKIPPED else result.status,
        "upstream": shown[min(shown)] if shown else None,
        "upstream_channels": channels,
    }


def approval_hindrance(service_id: UUID) -> str:
    """Return why a service cannot be approved as far as its tests go; "" when it can."""
    if not settings.ACTIVATION_TESTS:
        return ""
    service = Service.objects.only("content_hash", "kind").get(pk=service_id)
    if service.kind == ServiceKind.PLATFORM:
        return ""  # its members are tested
    last = (
        TestRun.objects.filter(service=service, document=None, category="", status__in=[*OPEN, RunStatus.COMPLETED])
        .exclude(purpose=Purpose.REPORT)
        .order_by("-requested_at")
        .first()
    )
    if last is None or last.content_hash != service.content_hash:
        return "This content has not been tested. Run its tests, then decide."
    if last.is_open:
        return "Its tests are running. Wait for them, then decide."
    return "" if last.has_passed else f"{last.fail_count} of its tests failed. Send it back, or run the tests again."


def hour_of(team: Team, *, now: datetime) -> int:
    """Return how many runs a seller has asked for within the last hour."""
    recent = TestRun.objects.filter(service__seller=team, requested_at__gt=now - timedelta(hours=1))
    return recent.filter(purpose__in=[Purpose.DIAGNOSTIC, Purpose.ACTIVATION]).count()


def has_passed_before(document: Document, interface_id: UUID) -> bool:
    """Return whether a document's last result at an interface was a success."""
    cell = (test_of(document).get("tests") or {}).get(str(interface_id))
    return isinstance(cell, dict) and cell.get("status") == ResultStatus.SUCCESS


def lost_runs(*, queued_before: datetime, silent_since: datetime) -> list[UUID]:
    """Return the open runs that no worker is at: queued for too long, or not heard of."""
    waiting = Q(status=RunStatus.QUEUED, requested_at__lt=queued_before)
    silent = Q(status=RunStatus.RUNNING, heard_at__lt=silent_since)
    return list(TestRun.objects.filter(waiting | silent).order_by("requested_at").values_list("pk", flat=True)[:200])


def failing_services(*, team: Team) -> QuerySet[Service]:
    """Return a seller's active services whose last completed run over all tests had failures."""
    whole = TestRun.objects.filter(service=OuterRef("pk"), document=None, category="", status=RunStatus.COMPLETED)
    last = whole.exclude(purpose=Purpose.REPORT).order_by("-requested_at", "-id").values("fail_count")[:1]
    return Service.objects.filter(seller=team).active().annotate(failed=Subquery(last)).filter(failed__gt=0)


def services_to_retest(*, before: datetime, limit: int) -> list[UUID]:
    """Return active services that were not tested since, the longest untested first."""
    recent = TestRun.objects.filter(requested_at__gte=before, document=None, category="").exclude(
        purpose=Purpose.REPORT
    )
    due = Service.objects.originals().active().exclude(pk__in=recent.values("service"))
    return list(due.order_by("approved_at", "pk").values_list("pk", flat=True)[:limit])


def previous_monitoring(test_run: TestRun) -> TestRun | None:
    """Return the completed periodic run before this one."""
    earlier = TestRun.objects.filter(
        service=test_run.service_id, purpose=Purpose.MONITORING, status=RunStatus.COMPLETED
    )
    return earlier.exclude(pk=test_run.pk).filter(requested_at__lt=test_run.requested_at).first()


def is_skipped(document: Document) -> bool:
    """Return whether the seller has a document left out of tests."""
    return test_of(document).get("status") == "skip" and document.category != DocumentCategory.CONNECTIVITY_TEST


SKIP_OUTCOMES = frozenset({Outcome.NO_RUNNER, Outcome.NOT_REACHABLE, Outcome.SKIPPED})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
