"""Reads of collections, from the team, and of the platform's groups beside them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.teams.models import Team
from gateway_admin import named
from gateway_admin.collections.models import Collection, CollectionMember
from marketplace.catalog import queries as catalog
from marketplace.catalog.models import Service, ServiceStatus, Visibility
from marketplace.enrollments import queries as enrollments
from marketplace.enrollments.models import EnrollmentStatus


def collections(*, team: Team) -> QuerySet[Collection]:
    """Return a team's collections by name, each with `member_count`."""
    return Collection.objects.filter(team=team).annotate(member_count=Count("members")).order_by("name")


def collection(*, team: Team, collection_id: UUID) -> Collection:
    """Return one collection. Raises: NotFound."""
    return named.one_of(collections(team=team).select_related("team"), collection_id, what="collection")


def collection_called(*, team: Team, name_or_id: str) -> Collection | None:
    """Return the collection that a name or an id means, or None."""
    return collections(team=team).select_related("team").filter(**by_name_or_id(name_or_id)).first()


def collection_named(*, team: Team, name_or_id: str) -> Collection | None:
    """Return the same without its `member_count`."""
    return Collection.objects.filter(team=team, **by_name_or_id(name_or_id)).first()


def lock_collection(collection: Collection) -> Collection:
    """Return the collection as it is now, locked."""
    return Collection.objects.select_for_update(of=("self",)).select_related("team").get(pk=collection.pk)


def members(collection: Collection) -> QuerySet[CollectionMember]:
    """Return the services of a collection in their order."""
    return collection.members.select_related("service__provider").order_by("sort_order", "created_at")


def services_in(collection: Collection) -> QuerySet[Service]:
    """Return the services of a collection that are still offered, as lists show them."""
    offered = Service.objects.filter(collection_members__collection=collection, status=ServiceStatus.ACTIVE)
    return offered.select_related("provider").prefetch_related("interfaces")


def members_of(collection_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Return the ids of the services of each collection, in their order."""
    found: dict[UUID, list[UUID]] = {}
    rows = CollectionMember.objects.filter(collection__in=list(collection_ids)).order_by("sort_order", "created_at")
    for collection_id, service_id in rows.values_list("collection", "service"):
        found.setdefault(collection_id, []).append(service_id)
    return found


def holding(*, team: Team, service: Service) -> set[UUID]:
    """Return the ids of the team's collections that hold a service."""
    members = CollectionMember.objects.filter(collection__team=team, service=service)
    return set(members.values_list("collection", flat=True))


def is_dispatchable(*, team: Team, service: Service) -> bool:
    """Return whether the team can call a service: it needs no enrollment, or there is one."""
    return not service.requires_enrollment or enrollments.active_enrollments(team=team, service=service).exists()


def member(*, collection: Collection, service_id: UUID) -> CollectionMember | None:
    """Return how a service stands in a collection, or None when it is not in it."""
    return collection.members.select_related("service__provider").filter(service=service_id).first()


def addable(*, collection: Collection, words: str) -> QuerySet[Service]:
    """Return the services that the team can call and that are not in the collection, by name.

    words: a part of their name or their provider's.
    """
    team = collection.team
    enrolled = enrollments.enrollments(team=team).filter(service=OuterRef("pk"), status=EnrollmentStatus.ACTIVE)
    callable_ = Q(requires_enrollment=False) & (Q(visibility=Visibility.PUBLIC) | Q(seller=team)) | Exists(enrolled)
    offered = Service.objects.originals().active().filter(callable_).exclude(collection_members__collection=collection)
    return catalog.searched(offered.select_related("provider"), words).order_by("name")


def by_name_or_id(name_or_id: str) -> dict[str, object]:
    """Return the filter for what may be either."""
    try:
        return {"pk": UUID(name_or_id)}
    except ValueError:
        return {"name": name_or_id}
