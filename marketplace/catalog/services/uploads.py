"""Uploads over the API: written down at once, ingested by a worker."""

from __future__ import annotations

import logging
import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, DataError, transaction

from accounts.teams.models import Team
from accounts.users.models import User
from common import jobs, ports
from common.errors import DomainError, Invalid
from marketplace.catalog.models import MarketChange, Service, ServiceStatus, UploadStatus, UploadTask
from marketplace.catalog.services.checking import ServiceFiles
from marketplace.catalog.services.ingesting import Ingested, ingest
from marketplace.catalog.services.platforms import launch
from marketplace.catalog.services.submission import submit

#: How long the same Idempotency-Key means the same upload.
KEY_LIFETIME = timedelta(hours=24)
#: A row that waits longer was lost by the broker.
LOST_AFTER = timedelta(seconds=60)
#: How long results can be read.
KEPT_FOR = timedelta(days=7)
_KEY = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
_SWEEP_LIMIT = 500
_OUR_MISTAKE = "The upload met an error that is ours. It has been logged; try again later, or ask support."
_log = logging.getLogger(__name__)


@transaction.atomic
def accept(
    *, seller: Team, payload: dict[str, Any], auto_submit: bool, key: str | None, by: User | None, now: datetime
) -> UploadTask:
    """Write an upload down and have it ingested. The same key within a day returns the first one and starts nothing.

    Raises: Invalid for a malformed key.
    """
    if key is not None and not _KEY.fullmatch(key):
        raise Invalid(["Idempotency-Key: 1 to 128 letters, digits, '-' and '_' only. Send another key, or none."])
    UploadTask.objects.filter(seller=seller, key=key, created_at__lt=now - KEY_LIFETIME).delete()
    task, is_new = UploadTask.objects.get_or_create(
        seller=seller,
        key=key or str(uuid.uuid4()),
        defaults={"payload": payload, "auto_submit": auto_submit, "created_by": by},
    )
    if is_new:
        jobs.enqueue("marketplace.catalog.ingest_upload", task_id=str(task.pk))
    return task


@transaction.atomic
def run(*, task_id: str, now: datetime) -> None:
    """Ingest an upload once. A second run, or one beside it, changes nothing."""
    task = UploadTask.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        pk=task_id, status=UploadStatus.QUEUED
    )
    for row in task.select_related("seller", "created_by"):
        _run(row, now)


def _run(task: UploadTask, now: datetime) -> None:
    try:
        with transaction.atomic():
            ingested = _ingest(task, now)
            result = ingested.as_record() | _publish_platform(task, ingested, now)
    except DomainError as error:
        _finish(task, UploadStatus.FAILED, now, error=_told(error))
        return
    except Exception as error:
        if isinstance(error, DatabaseError) and not isinstance(error, DataError):
            raise
        # a mistake of ours must not come back every minute; operators can have it tried again
        _log.exception("catalog.upload_failed", extra={"task_id": str(task.pk)})
        _finish(task, UploadStatus.FAILED, now, error=_OUR_MISTAKE)
        return
    if task.payload.get("managed_by_template"):
        service = ingested.service
        ports.template_ingested(task.seller_id, task.key, service.revision_of_id or service.pk)
    if task.auto_submit and ingested.service.status != ServiceStatus.ACTIVE:
        submission = submit(service=ingested.service, by=task.created_by, now=now)
        if submission.problems:
            reasons = "Uploaded, but not submitted:\n" + "\n".join(submission.problems)
            _finish(task, UploadStatus.FAILED, now, result=result, error=reasons)
            return
    _finish(task, UploadStatus.COMPLETED, now, result=result)


def _ingest(task: UploadTask, now: datetime) -> Ingested:
    parts = task.payload["data"]
    told = task.payload.get("service_status") or {}
    return ingest(
        seller=task.seller,
        files=ServiceFiles(
            parts["provider_data"],
            parts["offering_data"],
            parts["listing_data"],
            template=task.payload.get("managed_by_template") or "",
            kind=task.payload.get("kind") or "regular",
        ),
        service_id=told.get("service_id"),
        by=task.created_by,
        now=now,
        parent=_parent(task),
    )


def _parent(task: UploadTask) -> Service | None:
    """Return the platform service that a member is uploaded for. Raises: Invalid."""
    platform_id = task.payload.get("platform_service")
    if platform_id is None:
        return None
    found = Service.objects.originals().filter(pk=platform_id).exclude(status=ServiceStatus.DEPRECATED).first()
    if found is None:
        raise Invalid(["The platform service of this template is gone. Choose another template."])
    return found


def _publish_platform(task: UploadTask, ingested: Ingested, now: datetime) -> dict[str, Any]:
    """Bring a platform service forward with its member template, and return what its client learns of that."""
    template = task.payload.get("member_template")
    if template is None:
        return {}
    service = launch(service=ingested.service, by=task.created_by, now=now)
    return ports.platform_published(service.pk, template, now)


def _told(error: DomainError) -> str:
    return "\n".join(error.problems) if isinstance(error, Invalid) else error.message


def _finish(task: UploadTask, status: UploadStatus, now: datetime, *, result: Any = None, error: str = "") -> None:
    task.status, task.result, task.error, task.finished_at = status, result, error, now
    task.save(update_fields=["status", "result", "error", "finished_at"])


@transaction.atomic
def retry(*, task: UploadTask) -> None:
    """Have an upload that failed ingested again."""
    changed = UploadTask.objects.filter(pk=task.pk, status=UploadStatus.FAILED).update(
        status=UploadStatus.QUEUED, error="", result=None, finished_at=None
    )
    if changed:
        jobs.enqueue("marketplace.catalog.ingest_upload", task_id=str(task.pk))


@transaction.atomic
def sweep(*, now: datetime) -> int:
    """Send uploads that the broker lost again, and forget old results. Returns how many were sent."""
    UploadTask.objects.filter(finished_at__lt=now - KEPT_FOR).delete()
    MarketChange.objects.filter(at__lt=now - LOST_AFTER).delete()
    lost = UploadTask.objects.filter(status=UploadStatus.QUEUED, created_at__lt=now - LOST_AFTER)
    ids = list(lost.order_by("created_at").values_list("pk", flat=True)[:_SWEEP_LIMIT])
    for pk in ids:
        jobs.enqueue("marketplace.catalog.ingest_upload", task_id=str(pk))
    return len(ids)
