"""Groups as sellers write them: whole files, changes of single fields, and a look at what either would do."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.teams.models import Team
from common.errors import Invalid
from marketplace.catalog import queries
from marketplace.catalog.files.groups import validate_group
from marketplace.catalog.models import ServiceGroup
from marketplace.catalog.services import groups, membership
from marketplace.catalog.services.groups import GroupContent

Json = dict[str, Any]
#: Members come from one of these; a change that gives one takes the other away.
_SOURCES = {"membership_rules": "services", "services": "membership_rules"}


@transaction.atomic
def upload(*, owner: Team, file: Json) -> ServiceGroup:
    """Create or change a seller's group as its file says, by its name. Raises: Invalid, GroupRefused."""
    group, _ = groups.store(owner=owner, content=_checked(file))
    return group


@transaction.atomic
def change(*, owner: Team, group: ServiceGroup, changes: Json) -> ServiceGroup:
    """Change the fields of a seller's group that are given; None empties one. Raises: Invalid, GroupRefused."""
    queries.lock_seller(owner.pk)
    group.refresh_from_db()
    groups.write(group=group, owner=owner, content=_checked(_changed(group, changes)))
    return group


def preview(*, owner: Team, file: Json) -> membership.Preview:
    """Return who would be in the group of that name if its file were uploaded now. Nothing is written.

    Raises: Invalid.
    """
    content = _checked(file)
    group = ServiceGroup.objects.filter(owner=owner, name=content.name).first()
    group = group or ServiceGroup(owner=owner, name=content.name)
    group.expression, group.members_wanted = content.expression, list(content.services)
    return membership.preview(group=group)


def as_file(group: ServiceGroup) -> Json:
    """Return a seller's group as its file says it."""
    parent = group.parent.name if group.parent and group.parent.parent_id else None
    return {
        "name": group.name,
        "display_name": group.display_name,
        "description": group.description or None,
        "status": group.status,
        "parent_group_name": parent,
        "membership_rules": {"expression": group.expression} if group.expression else None,
        "services": group.members_wanted or None,
        "routing_policy": group.routing_policy,
        "sort_order": group.sort_order,
    }


def _changed(group: ServiceGroup, changes: Json) -> Json:
    file = {**as_file(group), **changes}
    for source, other in _SOURCES.items():
        if changes.get(source) and not changes.get(other):
            file[other] = None
    return file


def _checked(file: Json) -> GroupContent:
    checked = validate_group(file)
    if checked.problems:
        raise Invalid([problem.text for problem in checked.problems])
    return GroupContent.of(checked.content)
