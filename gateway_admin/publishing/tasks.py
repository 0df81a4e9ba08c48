"""Background work of published records."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from gateway_admin.publishing import services


@shared_task(name="gateway_admin.publishing.forget_candidates")
def forget_candidates(**_: object) -> None:
    """Forget what tests that ended were published as."""
    services.forget_candidates(now=timezone.now())
