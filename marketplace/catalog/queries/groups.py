"""Reads of service groups."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet

from accounts.teams.models import Team
from common.errors import NotFound
from marketplace.catalog.models import GroupMember, MembershipChange, ServiceGroup

#: So many members of a group are listed one by one.
MEMBERS_LIMIT = 1000


def groups(*, team: Team | None) -> QuerySet[ServiceGroup]:
    """Return a seller's groups, or with None the platform's, newest first."""
    return ServiceGroup.objects.filter(owner=team).select_related("parent", "owner").order_by("-created_at", "-id")


def group(*, team: Team | None, name: str) -> ServiceGroup:
    """Return one group by its name. Raises: NotFound."""
    return _one(groups(team=team).filter(name=name))


def seller_groups(*, team: Team, status: str | None = None) -> QuerySet[ServiceGroup]:
    """Return what a seller has made, newest first, each with `service_count` and `has_children`; not their root."""
    children = ServiceGroup.objects.filter(parent=OuterRef("pk"))
    counted = groups(team=team).annotate(service_count=Count("members"), has_children=Exists(children))
    own = counted.exclude(parent=None)
    return own.filter(status=status) if status else own


def seller_group(*, team: Team, group_id: UUID) -> ServiceGroup:
    """Return one of them. Raises: NotFound."""
    return _one(seller_groups(team=team).filter(pk=group_id))


def group_members(group: ServiceGroup) -> QuerySet[GroupMember]:
    """Return who is in a group, by name; of a very large one the first thousand."""
    return group.members.select_related("service__provider").order_by("service__name")[:MEMBERS_LIMIT]


def membership_changes(group: ServiceGroup) -> QuerySet[MembershipChange]:
    """Return who joined and who left a group, the last first."""
    return group.membership_changes.all()


def ancestor_paths(*, team: Team) -> dict[UUID, str]:
    """Return where each group of a seller stands, by id: "/seller:acme/models" for a child of "models"."""
    rows = {pk: (name, parent) for pk, name, parent in groups(team=team).values_list("pk", "name", "parent_id")}

    def path(pk: UUID | None) -> str:
        if pk is None or pk not in rows:
            return ""
        name, parent = rows[pk]
        return f"{path(parent)}/{name}"

    return {pk: path(parent) or "/" for pk, (_, parent) in rows.items()}


def _one(found: QuerySet[ServiceGroup]) -> ServiceGroup:
    group = found.first()
    if group is None:
        raise NotFound(what="service group")
    return group
