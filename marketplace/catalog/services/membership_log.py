"""Who joined and who left a group, and by what: written with the change itself, in its transaction."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from marketplace.catalog.models import MembershipCause, MembershipChange, ServiceGroup

#: A service by its id and its name.
Who = tuple[UUID, str]


def joined(group: ServiceGroup, who: Iterable[Who], cause: MembershipCause) -> None:
    """Note that these services are members from now on."""
    _note(group, who, cause, has_joined=True)


def left(group: ServiceGroup, who: Iterable[Who], cause: MembershipCause) -> None:
    """Note that these services are members no more."""
    _note(group, who, cause, has_joined=False)


def _note(group: ServiceGroup, who: Iterable[Who], cause: MembershipCause, *, has_joined: bool) -> None:
    MembershipChange.objects.bulk_create(
        [
            MembershipChange(
                group=group,
                service_id=service_id,
                group_name=group.name,
                service_name=name,
                has_joined=has_joined,
                cause=cause,
                rule=group.expression,
                rule_revision=group.rule_revision,
            )
            for service_id, name in who
        ],
        batch_size=1000,
    )
