"""The JSON of service groups."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from common.ninja import Whole
from marketplace.catalog.models import GroupMember, Service, ServiceGroup
from marketplace.catalog.services.membership import Preview

Json = dict[str, Any]
GroupStatusWord = Literal["draft", "active", "private", "archived"]
GroupType = Literal["category", "collection", "open", "keyed"]
#: So many services of a preview are listed; all are counted.
PREVIEW_LIMIT = 200


class WantedMember(Schema):
    """A service by its name, with the routing key that it answers to in the group."""

    name: str
    routing_key: Json | None = None


class GroupFields(Schema):
    """What may be said of a group. It is checked as a group's file is."""

    description: str | None = None
    membership_rules: Json | None = None
    services: list[WantedMember] | None = None
    routing_policy: Json | None = None
    status: GroupStatusWord | None = None
    sort_order: Whole | None = None
    parent_group_name: str | None = None


class GroupFile(GroupFields):
    """A group as its file says it. Fields that older files carry are understood, unknown ones refused by the rules."""

    model_config = ConfigDict(extra="allow")

    name: str
    display_name: str


class GroupChange(GroupFields):
    """What a PATCH changes; a field that is null is emptied."""

    model_config = ConfigDict(extra="forbid")

    display_name: str | None = None


class MemberRow(Schema):
    id: UUID
    name: str
    routing_key: Json | None = None


class GroupRow(Schema):
    """A group. enrolled_count, unenrolled_count: known for customers' collections only."""

    id: UUID
    role_id: UUID
    owner_id: UUID | None
    owner_type: Literal["platform", "seller", "customer"]
    name: str
    display_name: str
    description: str | None
    membership_rules: Json | None
    routing_policy: Json | None
    status: GroupStatusWord
    group_type: GroupType
    sort_order: int
    ancestor_path: str
    service_count: int | None
    enrolled_count: int | None
    unenrolled_count: int | None
    created_at: datetime
    updated_at: datetime | None


class GroupDetail(GroupRow):
    """A group with its members, by name."""

    services: list[MemberRow]


class GroupPage(Schema):
    data: list[GroupRow]
    next_cursor: str | None
    has_more: bool


class GroupPreview(Schema):
    """Who would be in a group. At most 200 services of each kind are listed."""

    member_count: int
    joining_count: int
    leaving_count: int
    members: list[MemberRow] = Field(max_length=PREVIEW_LIMIT)
    joining: list[MemberRow] = Field(max_length=PREVIEW_LIMIT)
    leaving: list[MemberRow] = Field(max_length=PREVIEW_LIMIT)


def group_type(group: ServiceGroup) -> GroupType:
    """Return what kind a group is. Nobody says so: it follows from its members and whether calls can be sent to it."""
    if group.routing_policy is None:
        return "collection" if group.expression or group.members_wanted else "category"
    return "keyed" if any(wish.get("routing_key") for wish in group.members_wanted) else "open"


def group_row(group: ServiceGroup, path: str) -> dict[str, Any]:
    """Return a group of `queries.seller_groups`. path: where it stands."""
    return {
        "id": group.pk,
        "role_id": group.owner_id,
        "owner_id": group.owner_id,
        "owner_type": "seller",
        "name": group.name,
        "display_name": group.display_name,
        "description": group.description or None,
        "membership_rules": {"expression": group.expression} if group.expression else None,
        "routing_policy": group.routing_policy,
        "status": group.status,
        "group_type": group_type(group),
        "sort_order": group.sort_order,
        "ancestor_path": path,
        "service_count": getattr(group, "service_count", None),
        "enrolled_count": None,
        "unenrolled_count": None,
        "created_at": group.created_at,
        "updated_at": group.updated_at,
    }


def member_row(member: GroupMember) -> MemberRow:
    return MemberRow(id=member.service_id, name=member.service.name, routing_key=member.routing_key)


def group_preview(preview: Preview) -> GroupPreview:
    """Return who would be in a group."""
    return GroupPreview(
        member_count=len(preview.members),
        joining_count=len(preview.joining),
        leaving_count=len(preview.leaving),
        members=_listed(preview.members),
        joining=_listed(preview.joining),
        leaving=_listed(preview.leaving),
    )


def _listed(services: tuple[Service, ...]) -> list[MemberRow]:
    return [MemberRow(id=service.pk, name=service.name) for service in services[:PREVIEW_LIMIT]]
