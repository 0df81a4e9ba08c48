"""Reads of enrollments. They start from the customer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from accounts.teams.models import Team
from accounts.users.models import User
from common.errors import NotFound
from domain.routing.codes import canonical_code
from marketplace.catalog.models import Service, ServiceStatus, Visibility
from marketplace.enrollments.models import CodeScope, Enrollment, EnrollmentStatus, PriceChange, PriceChangeStatus

#: How long before a new price holds customers are reminded of it.
_REMINDER = timedelta(days=7)


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


def codes(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the codes by which enrollments are called, by id; unknown ids are left out."""
    return dict(Enrollment.objects.filter(pk__in=set(ids)).values_list("pk", "code"))


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


def lock_by_id(enrollment_id: UUID) -> Enrollment | None:
    """Return an enrollment, locked, with its price, team, service and the service's price; None for an unknown id."""
    locked = Enrollment.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("price", "team", "service__list_price").filter(pk=enrollment_id).first()


def to_follow(*, service_id: UUID) -> list[UUID]:
    """Return the enrollments of a service that are not over, oldest first: those that follow what it costs."""
    current = Enrollment.objects.current().filter(service_id=service_id)
    return list(current.order_by("created_at", "pk").values_list("pk", flat=True))


def open_change(enrollment: Enrollment) -> PriceChange | None:
    """Return the announced change of an enrollment's price."""
    return (
        PriceChange.objects.filter(enrollment=enrollment, status=PriceChangeStatus.ANNOUNCED)
        .select_related("new_price", "old_price")
        .first()
    )


def open_changes(*, team: Team) -> QuerySet[PriceChange]:
    """Return the changes that a customer was told of and that do not hold yet, the next one first."""
    mine = PriceChange.objects.filter(enrollment__team=team, status=PriceChangeStatus.ANNOUNCED)
    return mine.select_related("enrollment__service", "old_price", "new_price").order_by("takes_effect_at", "pk")


def lock_change(*, team: Team | None, change_id: UUID) -> tuple[PriceChange, Enrollment]:
    """Return a change and its enrollment, both locked, the enrollment first. team: whose it is. Raises: NotFound."""
    mine = PriceChange.objects.filter(pk=change_id)
    mine = mine.filter(enrollment__team=team) if team is not None else mine
    enrollment_id = mine.values_list("enrollment_id", flat=True).first()
    enrollment = lock_by_id(enrollment_id) if enrollment_id else None
    if enrollment is None:
        raise NotFound(what="price change")
    locked = PriceChange.objects.select_for_update(of=("self",)).select_related("new_price", "old_price")
    return locked.get(pk=change_id), enrollment


def changes_due(*, now: datetime) -> list[UUID]:
    """Return the announced changes whose notice has ended."""
    due = PriceChange.objects.filter(status=PriceChangeStatus.ANNOUNCED, takes_effect_at__lte=now)
    return list(due.order_by("takes_effect_at", "pk").values_list("pk", flat=True))


def changes_to_remind(*, now: datetime) -> list[UUID]:
    """Return the announced changes that take effect within a week, and of which the customer was not reminded."""
    soon = PriceChange.objects.filter(
        status=PriceChangeStatus.ANNOUNCED,
        takes_effect_at__gt=now,
        takes_effect_at__lte=now + _REMINDER,
        reminded_at=None,
    )
    return list(soon.order_by("takes_effect_at", "pk").values_list("pk", flat=True))


def price_change(change_id: UUID) -> PriceChange:
    """Return a change with what a mail about it says. Raises: NotFound."""
    related = PriceChange.objects.select_related("enrollment__service", "enrollment__team", "old_price", "new_price")
    found = related.filter(pk=change_id).first()
    if found is None:
        raise NotFound(what="price change")
    return found


def services_to_follow() -> list[UUID]:
    """Return the services with an enrollment that pays another price than theirs and was not told of it."""
    told = PriceChange.objects.filter(enrollment=OuterRef("pk"), new_price=OuterRef("service__list_price"))
    untold = (
        Enrollment.objects.current()
        .filter(service__list_price__isnull=False)
        .exclude(price=F("service__list_price"))
        .exclude(service__list_price__price__type="one_month")
        .exclude(Exists(told.filter(status=PriceChangeStatus.ANNOUNCED)))
    )
    return list(untold.values_list("service_id", flat=True).distinct().order_by("service_id"))
