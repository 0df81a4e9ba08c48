"""The plans of a service, handed to billing as its listing states them."""

from __future__ import annotations

from datetime import datetime

from billing.subscriptions import services as subscriptions
from billing.subscriptions.models import Plan
from common import jobs
from domain import plans
from marketplace.catalog.models import Service


def offer_plans(*, service: Service, now: datetime) -> list[Plan]:
    """Make the plans of a locked service on sale what its listing says. A second call changes nothing."""
    terms = plans.offered(service.listing.data).plans
    return subscriptions.offer(service_id=service.pk, currency=service.currency, terms=terms, now=now)


def terms_changed(*, service: Service, now: datetime) -> None:
    """Let customers follow what a locked service on sale costs from now on, calls and plans."""
    offer_plans(service=service, now=now)
    jobs.enqueue("marketplace.enrollments.follow_price", service_id=str(service.pk))
