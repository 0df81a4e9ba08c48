"""A test run is asked for: by its seller, by a submission, by the clock."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.users.models import User
from common import jobs
from marketplace.catalog import queries as catalog
from marketplace.catalog.files.documents import EXECUTABLE_CATEGORIES
from marketplace.catalog.models import Document, Service
from marketplace.testing import queries
from marketplace.testing.models import OPEN, Purpose, RunStatus, TestRun
from marketplace.testing.services.errors import NotExecutable, TestSkipped, TooManyRuns

_REPLACED = "Replaced by the tests of the submission."


@transaction.atomic
def begin(
    *,
    service: Service,
    purpose: Purpose = Purpose.DIAGNOSTIC,
    document: Document | None = None,
    category: str = "",
    force: bool = False,
    by: User | None,
    now: datetime,
) -> TestRun:
    """Have the tests of a service run, or those of one document or category. An open run is returned as it is.

    force: also what has passed before with the same content. Raises: NotExecutable, TestSkipped, TooManyRuns.
    """
    if document is not None:
        _check_document(document)
    service = catalog.lock_service(service.pk)
    waiting = TestRun.objects.filter(service=service, status__in=OPEN).first()
    if waiting is not None:
        return waiting
    if purpose == Purpose.DIAGNOSTIC and queries.hour_of(service.seller, now=now) >= settings.TEST_RUNS_PER_HOUR:
        raise TooManyRuns(limit=settings.TEST_RUNS_PER_HOUR)
    return _create(
        service, purpose, document=document, category=category, force=force, by_id=by.pk if by else None, now=now
    )


@transaction.atomic
def begin_activation(service_id: UUID, by_id: UUID | None, now: datetime) -> bool:
    """Have a submitted service tested; its result moves it on. False when the platform tests nothing.

    The caller holds the service's lock. Another run of it that is open ends.
    """
    if not settings.ACTIVATION_TESTS:
        return False
    service = Service.objects.get(pk=service_id)
    open_runs = TestRun.objects.filter(service=service, status__in=OPEN)
    if open_runs.filter(purpose=Purpose.ACTIVATION, content_hash=service.content_hash).exists():
        return False
    open_runs.update(status=RunStatus.FAILED, error=_REPLACED, finished_at=now)
    _create(service, Purpose.ACTIVATION, document=None, category="", force=True, by_id=by_id, now=now)
    return True


def _create(
    service: Service,
    purpose: Purpose,
    *,
    document: Document | None,
    category: str,
    force: bool,
    by_id: UUID | None,
    now: datetime,
) -> TestRun:
    run = TestRun.objects.create(
        service=service,
        purpose=purpose,
        content_hash=service.content_hash,
        snapshot_status=service.status,
        document=document,
        category=category,
        force=force,
        requested_by_id=by_id,
        requested_at=now,
    )
    jobs.enqueue("marketplace.testing.carry_out", run_id=str(run.pk))
    return run


def _check_document(document: Document) -> None:
    if document.category not in EXECUTABLE_CATEGORIES:
        raise NotExecutable(title=document.title)
    if queries.is_skipped(document):
        raise TestSkipped(title=document.title)
