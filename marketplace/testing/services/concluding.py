"""The end of a run: what it means for its service, and who is told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from common import jobs
from marketplace.catalog import queries as catalog
from marketplace.catalog.models import Service, ServiceStatus
from marketplace.catalog.services import lifecycle
from marketplace.testing import queries
from marketplace.testing.models import Purpose, RunStatus, TestRun
from marketplace.testing.services import tokens

_MOST_REASONS = 10


@transaction.atomic
def conclude(*, run_id: UUID, now: datetime) -> None:
    """End a run whose cells are done. A second call changes nothing."""
    run = _end(run_id, RunStatus.COMPLETED, "", now)
    if run is None:
        return
    if run.purpose == Purpose.ACTIVATION:
        _move(run, now)
    if run.purpose == Purpose.MONITORING:
        _tell(run)


@transaction.atomic
def stop(*, run_id: UUID, error: str, now: datetime) -> None:
    """End a run that could not be carried out. A service that waits for it stays where it is, to be submitted again."""
    _end(run_id, RunStatus.FAILED, error, now)


def reasons(run: TestRun) -> str:
    """Return why a run has failed, a line a result."""
    failed = [each for each in queries.results(run) if each.is_failure]
    lines = [
        f"{each.document_title} at {each.interface_name}: {each.error or each.get_status_display()}" for each in failed
    ]
    more = len(lines) - _MOST_REASONS
    return "\n".join([*lines[:_MOST_REASONS], *([f"And {more} more."] if more > 0 else [])])


def _end(run_id: UUID, status: RunStatus, error: str, now: datetime) -> TestRun | None:
    service_id = TestRun.objects.filter(pk=run_id).values_list("service_id", flat=True).first()
    if service_id is None:
        return None
    # the service first: submissions lock it before they end its runs
    service = catalog.lock_service(service_id)
    run = TestRun.objects.select_for_update(of=("self",)).get(pk=run_id)
    if not run.is_open:
        tokens.publish(run)
        return None
    run.status, run.error, run.finished_at = status, error, now
    run.save(update_fields=["status", "error", "finished_at"])
    tokens.publish(run)
    run.service = service
    return run


def _move(run: TestRun, now: datetime) -> None:
    """Let a submitted service go on to the review, or back to its seller; one that has moved or changed stays."""
    service: Service = run.service
    if service.status != ServiceStatus.PENDING or service.content_hash != run.content_hash:
        return
    if run.has_passed:
        lifecycle.take("pass_tests", service=service, by=None, reason="", now=now)
        return
    lifecycle.take("reject", service=service, by=None, reason=reasons(run), now=now)
    jobs.enqueue("marketplace.testing.write_rejection", run_id=str(run.pk))


def _tell(run: TestRun) -> None:
    """Write to the seller when an active service begins to fail, and when it works again."""
    before = queries.previous_monitoring(run)
    was_failing = before is not None and not before.has_passed
    if was_failing == run.has_passed:
        jobs.enqueue("marketplace.testing.write_health", run_id=str(run.pk))
