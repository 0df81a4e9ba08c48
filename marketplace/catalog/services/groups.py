"""Writes of service groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.teams.models import Team
from marketplace.catalog import queries
from marketplace.catalog.models import GroupStatus, ServiceGroup
from marketplace.catalog.services import membership
from marketplace.catalog.services.errors import GroupRefused

_DEPTH_LIMIT = 16


@dataclass(frozen=True, slots=True)
class GroupContent:
    """What a group file or a request says. expression and services exclude each other; both empty: a category."""

    name: str
    display_name: str
    description: str = ""
    status: str = GroupStatus.DRAFT
    parent_name: str = ""
    expression: str = ""
    services: tuple[dict[str, Any], ...] = ()
    routing_policy: dict[str, Any] | None = None
    sort_order: int = 0

    @classmethod
    def of(cls, data: dict[str, Any]) -> GroupContent:
        """Return what a checked file says."""
        return cls(
            name=data["name"],
            display_name=data["display_name"],
            description=data.get("description") or "",
            status=data.get("status") or GroupStatus.DRAFT,
            parent_name=data.get("parent_group_name") or "",
            expression=(data.get("membership_rules") or {}).get("expression") or "",
            services=tuple(data.get("services") or ()),
            routing_policy=data.get("routing_policy"),
            sort_order=data.get("sort_order") or 0,
        )


@transaction.atomic
def store(*, owner: Team, content: GroupContent) -> tuple[ServiceGroup, str]:
    """Create or change a seller's group by its name; return it and "created", "updated" or "unchanged".

    Raises: GroupRefused (unknown parent, a circle).
    """
    queries.lock_seller(owner.pk)
    parent = _parent(owner, content.parent_name)
    values = {
        "display_name": content.display_name,
        "description": content.description,
        "status": content.status,
        "parent": parent,
        "expression": content.expression,
        "members_wanted": list(content.services),
        "routing_policy": content.routing_policy,
        "sort_order": content.sort_order,
    }
    group = ServiceGroup.objects.filter(owner=owner, name=content.name).first()
    if group is not None and all(getattr(group, name) == value for name, value in values.items()):
        return group, "unchanged"
    outcome = "updated" if group else "created"
    group = group or ServiceGroup(owner=owner, name=content.name)
    _refuse_circle(group, parent)
    for name, value in values.items():
        setattr(group, name, value)
    group.save()
    membership.refresh_group(group=group)
    membership.publish(group)
    return group, outcome


@transaction.atomic
def delete(*, group: ServiceGroup) -> None:
    """Remove a group that is a draft or private and has no children. Raises: GroupRefused."""
    group = ServiceGroup.objects.select_for_update(of=("self",)).get(pk=group.pk)
    if group.status not in {GroupStatus.DRAFT, GroupStatus.PRIVATE}:
        raise GroupRefused(reason=f"'{group.name}' is {group.status}. Only draft and private groups can be deleted.")
    if child := group.children.first():
        raise GroupRefused(reason=f"'{group.name}' has the child '{child.name}'. Move or delete it first.")
    group.delete()
    membership.publish(group)


def names(*, owner: Team) -> frozenset[str]:
    """Return the names that a seller's groups have, the root also as files spell it."""
    own = ServiceGroup.objects.filter(owner=owner).values_list("name", flat=True)
    return frozenset({*own, _spelt(f"seller:{owner.name}")})


def root_of(owner: Team) -> ServiceGroup:
    """Return the group that all groups of a seller stand below, made when there is none."""
    root, _ = ServiceGroup.objects.get_or_create(
        owner=owner, name=f"seller:{owner.name}", defaults={"display_name": str(owner), "status": GroupStatus.ACTIVE}
    )
    return root


@transaction.atomic
def ensure_platform_group() -> ServiceGroup:
    """Return the platform's group of everything on the market, made when there is none."""
    group, is_new = ServiceGroup.objects.get_or_create(
        owner=None,
        name=membership.ALL_SERVICES,
        defaults={"display_name": "All services", "status": GroupStatus.ACTIVE},
    )
    if is_new:
        membership.refresh_group(group=group)
    return group


def _parent(owner: Team, name: str) -> ServiceGroup:
    root = root_of(owner)
    if not name or _spelt(name) == _spelt(root.name):
        return root
    parent = ServiceGroup.objects.filter(owner=owner, name=name).first()
    if parent is None:
        raise GroupRefused(reason=f"parent_group_name: there is no group '{name}'. Create it first.")
    return parent


def _spelt(name: str) -> str:
    """Return a name as files spell it: without colons."""
    return name.replace(":", "-")


def _refuse_circle(group: ServiceGroup, parent: ServiceGroup) -> None:
    seen: list[str] = [group.name]
    above: ServiceGroup | None = parent
    while above is not None:
        seen.append(above.name)
        if above.pk == group.pk or len(seen) > _DEPTH_LIMIT:
            circle = " below ".join(seen)
            raise GroupRefused(
                reason=f"parent_group_name: '{circle}' goes in a circle or too deep. Choose another parent."
            )
        above = above.parent
