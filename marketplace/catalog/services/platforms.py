"""How platform services come on sale.

A platform service is sold at its own price and answered by its members, services of any seller that were made of its
member template. There is nothing to test before the first member.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.users.models import User
from common.errors import Invalid
from marketplace.catalog import queries
from marketplace.catalog.models import Service, ServiceStatus
from marketplace.catalog.services import checking, lifecycle

_STOPPED = (ServiceStatus.DRAFT, ServiceStatus.REJECTED, ServiceStatus.SUSPENDED)


@transaction.atomic
def launch(*, service: Service, by: User | None, now: datetime) -> Service:
    """Bring uploaded content forward: a new platform service to the review, a new version of one on sale at once.

    Raises: Invalid with what keeps it from being sold, AddressTaken.
    """
    service = queries.lock_service(service.pk)
    if service.status in _STOPPED:
        if problems := checking.problems_for_sale(service):
            raise Invalid(list(problems))
        service.submitted_at = now
        lifecycle.take("submit", service=service, by=by, now=now)
        service = lifecycle.take("pass_tests", service=service, by=None, now=now)
    if service.revision_of_id is not None:
        return lifecycle.approve(service=service, by=by, now=now, is_vouched=True)
    return service
