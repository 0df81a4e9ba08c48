"""Background work of the catalogue."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from marketplace.catalog.services import blob_sweeping, uploads


@shared_task(name="marketplace.catalog.ingest_upload")
def ingest_upload(*, task_id: str, **_: object) -> None:
    """Ingest one upload."""
    uploads.run(task_id=task_id, now=timezone.now())


@shared_task(name="marketplace.catalog.sweep_uploads")
def sweep_uploads(**_: object) -> None:
    """Send uploads again that the broker lost."""
    uploads.sweep(now=timezone.now())


@shared_task(name="marketplace.catalog.sweep_blobs")
def sweep_blobs(**_: object) -> None:
    """Remove uploaded files that nothing refers to any more."""
    blob_sweeping.sweep(now=timezone.now())
