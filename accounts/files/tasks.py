"""Background work on account files."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts.files import sweeping


@shared_task(name="accounts.files.sweep_contents")
def sweep_contents(**_: object) -> None:
    """Remove contents that no file names any more."""
    sweeping.sweep(now=timezone.now())
