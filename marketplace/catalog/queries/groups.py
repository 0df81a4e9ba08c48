"""Reads of service groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

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


def made_groups(*, team: Team, status: str | None = None) -> QuerySet[ServiceGroup]:
    """Return what a seller has made, newest first; not their root."""
    own = groups(team=team).exclude(parent=None)
    return own.filter(status=status) if status else own


def seller_groups(*, team: Team) -> QuerySet[ServiceGroup]:
    """Return what a seller has made, newest first, each with `service_count` and `has_children`."""
    children = ServiceGroup.objects.filter(parent=OuterRef("pk"))
    return _with_members(made_groups(team=team)).annotate(has_children=Exists(children))


def counted(*, shown: Sequence[ServiceGroup]) -> list[ServiceGroup]:
    """Return the groups of a page as `seller_groups` does, asking for all of them at once what is below them."""
    ids = [group.pk for group in shown]
    parents = list(ServiceGroup.objects.filter(parent__in=ids).values_list("parent_id", flat=True).distinct())
    found = _with_members(ServiceGroup.objects.select_related("parent", "owner")).annotate(
        has_children=ExpressionWrapper(Q(pk__in=parents), output_field=BooleanField())
    )
    by_id = found.in_bulk(ids)
    return [by_id[pk] for pk in ids if pk in by_id]


def _with_members(found: QuerySet[ServiceGroup]) -> QuerySet[ServiceGroup]:
    members = GroupMember.objects.filter(group=OuterRef("pk")).values("group").annotate(number=Count("pk"))
    # in a query of its own it is counted for the groups of a page alone
    return found.annotate(service_count=Coalesce(Subquery(members.values("number")), 0))


def seller_group(*, team: Team, group_id: UUID) -> ServiceGroup:
    """Return one of them. Raises: NotFound."""
    return _one(seller_groups(team=team).filter(pk=group_id))


def group_members(group: ServiceGroup) -> QuerySet[GroupMember]:
    """Return who is in a group, by name; of a very large one the first thousand."""
    return group.members.select_related("service__provider").order_by("service__name")[:MEMBERS_LIMIT]


def membership_changes(group: ServiceGroup) -> QuerySet[MembershipChange]:
    """Return who joined and who left a group, the last first."""
    return group.membership_changes.all()


def ancestor_paths(*, of: Iterable[ServiceGroup]) -> dict[UUID, str]:
    """Return where groups stand, by id: "/seller:acme/models" for a child of "models". One query for each level."""
    below = {group.pk: group.parent_id for group in of}
    rows: dict[UUID, tuple[str, UUID | None]] = {}
    while wanted := {each for each in (*below.values(), *(up for _, up in rows.values())) if each} - rows.keys():
        found = ServiceGroup.objects.filter(pk__in=wanted).values_list("pk", "name", "parent_id")
        rows |= {pk: (name, parent) for pk, name, parent in found}
    return {pk: _path(parent, rows) or "/" for pk, parent in below.items()}


def _path(pk: UUID | None, rows: Mapping[UUID, tuple[str, UUID | None]]) -> str:
    names = []
    while pk is not None:
        name, pk = rows[pk]
        names.append(f"/{name}")
    return "".join(reversed(names))


def _one(found: QuerySet[ServiceGroup]) -> ServiceGroup:
    group = found.first()
    if group is None:
        raise NotFound(what="service group")
    return group
