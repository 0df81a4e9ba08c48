"""Reads of enrollments. They start from the customer."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, Q, QuerySet

from accounts.teams.models import Team
from accounts.users.models import User
from common.errors import NotFound
from domain.routing.codes import canonical_code
from marketplace.catalog.models import Service, ServiceStatus, Visibility
from marketplace.enrollments.models import CodeScope, Enrollment, EnrollmentStatus


def enrollments(*, team: Team) -> QuerySet[Enrollment]:
    """Return a customer's enrollments, cancelled ones included, newest first, each with its service and price."""
    return Enrollment.objects.filter(team=team).select_related("service__provider", "service__seller", "price", "user")


def enrollment(*, team: Team, enrollment_id: UUID | str) -> Enrollment:
    """Return one enrollment of a customer with its interfaces. Raises: NotFound."""
    related = enrollments(team=team).select_related("service__offering", "service__listing")
    found = related.filter(pk=enrollment_id).prefetch_related("interfaces").first()
    if found is None:
        raise NotFound(what="enrollment")
    return found


def enrollment_by_code(*, team: Team, code: str) -> Enrollment:
    """Return the customer's enrollment with a code, as people type it. Raises: NotFound."""
    found = enrollments(team=team).filter(code=canonical_code(code.strip())[:8]).first()
    if found is None:
        raise NotFound(what="enrollment")
    return found


def active_enrollments(*, team: Team, service: Service) -> QuerySet[Enrollment]:
    """Return a customer's active enrollments in one service."""
    return enrollments(team=team).filter(service=service, status=EnrollmentStatus.ACTIVE)


def lock_enrollment(*, team: Team, enrollment_id: UUID) -> Enrollment:
    """Return one enrollment of a customer, locked. Raises: NotFound."""
    locked = Enrollment.objects.select_for_update(of=("self",)).select_related("service")
    found = locked.filter(team=team, pk=enrollment_id).first()
    if found is None:
        raise NotFound(what="enrollment")
    return found


def offered_service(*, team: Team | None, service_id: UUID | str) -> Service:
    """Return a service as this customer may see it, with its parts, whether or not it takes enrollments now.

    Raises: NotFound, also for drafts, revisions and other sellers' private services.
    """
    seen = Q(visibility__in=[Visibility.PUBLIC, Visibility.UNLISTED])
    found = (
        Service.objects.originals()
        .filter(seen | Q(seller=team) if team else seen)
        .filter(pk=service_id, status__in=[ServiceStatus.ACTIVE, ServiceStatus.DEPRECATED, ServiceStatus.SUSPENDED])
        .select_related("seller", "provider", "offering", "listing", "list_price")
        .first()
    )
    if found is None:
        raise NotFound(what="service")
    return found


def active_counts(*, service: Service, team: Team, by: User | None) -> tuple[int, int, int]:
    """Return how many active enrollments a service has: of the customer, made by the person, of all."""
    counted = Enrollment.objects.active().filter(service=service)
    mine = Q(user=by) if by else Q(pk=None)
    found = counted.aggregate(team=Count("pk", filter=Q(team=team)), user=Count("pk", filter=mine), overall=Count("pk"))
    return found["team"], found["user"], found["overall"]


def is_code_taken(*, code: str, team: Team, scope: CodeScope) -> bool:
    """Return whether the customer has had the code, or for a global code anybody."""
    whose = Q(scope=CodeScope.GLOBAL) if scope == CodeScope.GLOBAL else Q(team=team)
    return Enrollment.objects.filter(whose, code=code).exists()
