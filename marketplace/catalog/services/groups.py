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
#: What decides who is a member; each change of it is a revision.
_CHOOSING = ("expression", "members_wanted")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class GroupContent:
    """What a group file or a request says. expression and services exclude each other; both empty: a category.

    status: empty keeps what it is; a new group is a draft.
    """

    name: str
    display_name: str
    description: str = ""
    status: str = ""
    parent_name: str = ""
    expression: str = ""
    services: tuple[Json, ...] = ()
    routing_policy: Json | None = None
    sort_order: int = 0

    @classmethod
    def of(cls, data: Json) -> GroupContent:
        """Return what a checked file says."""
        return cls(
            name=data["name"],
            display_name=data["display_name"],
            description=data.get("description") or "",
            status=data.get("status") or "",
            parent_name=data.get("parent_group_name") or "",
            expression=(data.get("membership_rules") or {}).get("expression") or "",
            services=tuple(data.get("services") or ()),
            routing_policy=data.get("routing_policy"),
            sort_order=data.get("sort_order") or 0,
        )


@transaction.atomic
def store(*, owner: Team, content: GroupContent) -> tuple[ServiceGroup, str]:
    """Create or change a seller's group by its name; return it and "created", "updated" or "unchanged".

    Raises: GroupRefused (unknown parent, a circle, the root).
    """
    queries.lock_seller(owner.pk)
    group = ServiceGroup.objects.filter(owner=owner, name=content.name).first()
    return write(group=group or ServiceGroup(owner=owner, name=content.name), owner=owner, content=content)


def write(*, group: ServiceGroup, owner: Team, content: GroupContent) -> tuple[ServiceGroup, str]:
    """Make a group of a locked seller what `content` says; return what `store` does. Raises: GroupRefused."""
    _refuse_root(group)
    parent = _parent(owner, content.parent_name)
    values = {
        "display_name": content.display_name,
        "description": content.description,
        "status": content.status or group.status,
        "parent": parent,
        "expression": content.expression,
        "members_wanted": list(content.services),
        "routing_policy": content.routing_policy,
        "sort_order": content.sort_order,
    }
    is_new = group._state.adding
    if not is_new and all(getattr(group, name) == value for name, value in values.items()):
        return group, "unchanged"
    _refuse_circle(group, parent)
    was_routable = group.routing_policy is not None
    if not is_new and any(getattr(group, name) != values[name] for name in _CHOOSING):
        group.rule_revision += 1
    for name, value in values.items():
        setattr(group, name, value)
    group.save()
    membership.refresh_group(group=group)
    membership.publish(group, was_routable=was_routable)
    return group, "created" if is_new else "updated"


@transaction.atomic
def delete(*, group: ServiceGroup) -> None:
    """Remove a group that is a draft or private and has no children. Raises: GroupRefused."""
    group = ServiceGroup.objects.select_for_update(of=("self",)).get(pk=group.pk)
    _refuse_root(group)
    if group.status not in {GroupStatus.DRAFT, GroupStatus.PRIVATE}:
        raise GroupRefused(reason=f"'{group.name}' is {group.status}. Only draft and private groups can be deleted.")
    if child := group.children.first():
        raise GroupRefused(reason=f"'{group.name}' has the child '{child.name}'. Move or delete it first.")
    membership.dissolve(group=group)
    group.delete()
    membership.publish(group, was_routable=group.routing_policy is not None)


def names(*, owner: Team) -> frozenset[str]:
    """Return the names that a seller's groups have, the root also as files spell it."""
    own = ServiceGroup.objects.filter(owner=owner).values_list("name", flat=True)
    return frozenset({*own, _spelt(_root_name(owner))})


def root_of(owner: Team) -> ServiceGroup:
    """Return the group that all groups of a seller stand below, made when there is none."""
    root, _ = ServiceGroup.objects.get_or_create(
        owner=owner, name=_root_name(owner), defaults={"display_name": str(owner), "status": GroupStatus.ACTIVE}
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


def _refuse_root(group: ServiceGroup) -> None:
    if group.owner is not None and group.name == _root_name(group.owner):
        raise GroupRefused(reason=f"'{group.name}' holds all your groups; it cannot be changed or deleted.")


def _root_name(owner: Team) -> str:
    return f"seller:{owner.name}"


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
