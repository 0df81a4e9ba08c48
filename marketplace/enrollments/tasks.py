"""Background work of enrollments: prices that changed."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from common import jobs
from marketplace.enrollments import mails, queries, services


@shared_task(name="marketplace.enrollments.follow_price")
def follow_price(*, service_id: str, **_: object) -> None:
    """Let the enrollments of a service follow what it costs now."""
    for pk in queries.to_follow(service_id=UUID(service_id)):
        services.follow_price(enrollment_id=pk, now=timezone.now())


@shared_task(name="marketplace.enrollments.sweep_prices")
def sweep_prices(**_: object) -> None:
    """Let new prices hold whose notice has ended, remind of those to come, and tell whom a lost task has not told."""
    now = timezone.now()
    for pk in queries.changes_due(now=now):
        services.take_effect(change_id=pk, now=now)
    for pk in queries.changes_to_remind(now=now):
        services.remind(change_id=pk, now=now)
    for pk in queries.services_to_follow():
        jobs.enqueue("marketplace.enrollments.follow_price", service_id=str(pk))


@shared_task(
    name="marketplace.enrollments.write_price_change", autoretry_for=(OSError,), retry_backoff=True, max_retries=5
)
def write_price_change(*, change_id: str, **_: object) -> None:
    """Mail the people of the customer who look after money."""
    mails.about_price_change(queries.price_change(UUID(change_id)))
