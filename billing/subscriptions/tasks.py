"""Background work of subscriptions. The sweeps find what is due and send one task for each."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from billing.subscriptions import mails, queries, services
from common import jobs


@shared_task(name="billing.subscriptions.sweep")
def sweep(**_: object) -> None:
    """Send for everything that is due: renewals, retries, ends of a grace, fees that can be paid now."""
    for pk in queries.due(now=timezone.now()):
        jobs.enqueue("billing.subscriptions.renew", subscription_id=str(pk))


@shared_task(name="billing.subscriptions.renew")
def renew(*, subscription_id: str, **_: object) -> None:
    """Bring one subscription up to date."""
    services.renew(subscription_id=UUID(subscription_id), now=timezone.now())


@shared_task(name="billing.subscriptions.announce")
def announce(*, service_id: str, **_: object) -> None:
    """Tell the subscribers of a service that its plans have changed."""
    for pk in queries.subscribers_of_withdrawn(service_id=UUID(service_id)):
        services.announce(subscription_id=pk, now=timezone.now())


@shared_task(name="billing.subscriptions.sweep_notices")
def sweep_notices(**_: object) -> None:
    """Remind of notices that end soon, and tell subscribers whom a lost task has not told."""
    now = timezone.now()
    for service_id in queries.services_to_announce():
        jobs.enqueue("billing.subscriptions.announce", service_id=str(service_id))
    for pk in queries.to_remind(now=now):
        services.remind(subscription_id=pk, now=now)


@shared_task(name="billing.subscriptions.write", autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def write(*, subscription_id: str, what: str, **_: object) -> None:
    """Mail the people of the customer who look after money."""
    mails.write(subscription=queries.subscription(UUID(subscription_id)), what=what)
