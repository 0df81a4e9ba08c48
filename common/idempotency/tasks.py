"""What is kept for a day is forgotten after it."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from common.idempotency import services


@shared_task(name="common.idempotency.forget_answers")
def forget_answers(**_: object) -> None:
    services.forget(now=timezone.now())
