"""Who uses a team's secrets: services that it sells, and enrollments that it consented to."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.teams.models import Team
from marketplace.catalog.models import Service, ServiceStatus
from marketplace.enrollments.models import Enrollment

_IN_USE = (ServiceStatus.ACTIVE, ServiceStatus.PENDING, ServiceStatus.REVIEW, ServiceStatus.DEPRECATED)


def services_using(*, team: Team, name: str) -> QuerySet[Service]:
    """Return the seller's services whose channels name the secret, as far as they are or may be called."""
    return Service.objects.filter(seller=team, seller_secrets__contains=[name], status__in=_IN_USE).order_by("name")


def enrollments_using(*, team: Team, name: str) -> QuerySet[Enrollment]:
    """Return the customer's current enrollments that consented to send the secret somewhere."""
    found = Enrollment.objects.current().filter(team=team, secret_hosts__contains=[{"secret": name}])
    return found.select_related("service").order_by("service__name", "code")
