"""Background work of tests."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from marketplace.testing import mails, queries, services


@shared_task(name="marketplace.testing.carry_out", soft_time_limit=570, time_limit=600)
def carry_out(*, run_id: str, **_: object) -> None:
    """Carry a test run out."""
    services.carry_out(run_id=UUID(run_id), clock=timezone.now)


@shared_task(name="marketplace.testing.sweep")
def sweep(**_: object) -> None:
    """Take up runs that the broker or a worker lost."""
    services.sweep(now=timezone.now())


@shared_task(name="marketplace.testing.retest")
def retest(**_: object) -> None:
    """Test active services again whose turn it is."""
    services.retest(now=timezone.now())


@shared_task(name="marketplace.testing.prune")
def prune(**_: object) -> None:
    """Forget old details."""
    services.prune(now=timezone.now())


@shared_task(name="marketplace.testing.write_rejection", autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def write_rejection(*, run_id: str, **_: object) -> None:
    """Tell a seller which tests of a submitted service failed."""
    mails.about_rejection(queries.run(run_id))


@shared_task(name="marketplace.testing.write_health", autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def write_health(*, run_id: str, **_: object) -> None:
    """Tell a seller that an active service fails, or works again."""
    mails.about_health(queries.run(run_id))
