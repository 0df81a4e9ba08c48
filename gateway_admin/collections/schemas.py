"""The JSON of groups and collections. Every known key is always present."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field, StrictBool

from common.ninja import PLAIN, Whole
from gateway_admin.collections.groups import Group, Kind
from gateway_admin.collections.models import Collection, CollectionMember
from gateway_admin.named import NAME_SPELLING
from marketplace.catalog.customer.schemas import Interface, ServiceSummary

Json = dict[str, Any]


class GroupView(Schema):
    id: UUID
    name: str
    owner_type: Literal["platform", "customer"]
    editable: bool
    group_type: Kind
    display_name: str | None
    member_count: int
    is_default: bool
    service_ids: list[UUID] | None
    owner_id: UUID | None
    details: Json | None
    routing_policy: Json | None


class GroupList(Schema):
    data: list[GroupView]
    count: int


class GroupDetail(Schema):
    id: UUID
    name: str
    owner_type: Literal["platform", "customer"]
    editable: bool
    display_name: str | None
    description: str | None
    member_count: int
    details: Json | None
    group_type: Kind
    interface: Interface | None
    routing_policy: Json | None
    enabled: bool | None


class CollectionIn(Schema):
    name: str = Field(max_length=64, json_schema_extra=NAME_SPELLING)
    display_name: str | None = Field(None, max_length=200)
    description: str | None = Field(None, max_length=2000)


class CollectionChange(Schema):
    display_name: str | None = Field(None, max_length=200)
    description: str | None = Field(None, max_length=2000)
    enabled: StrictBool | None = None
    policy: Literal["weighted_random", "by_price", "lowest_latency", "sticky"] | None = None


class CollectionOut(Schema):
    id: UUID
    name: str
    display_name: str | None
    description: str | None
    enabled: bool
    member_count: int


class MemberIn(Schema):
    service_id: UUID
    routing_key: Json | None = None
    sort_order: Whole = 0
    weight: Annotated[int, Field(ge=0, le=1_000_000), PLAIN] = 10


class MemberOut(Schema):
    id: UUID
    service_id: UUID
    routing_key: Json | None
    sort_order: int
    weight: int


class ServicePage(Schema):
    data: list[ServiceSummary]
    next_cursor: str | None
    has_more: bool


class MembershipEntry(Schema):
    """id: null for favourites that nobody has used yet."""

    id: UUID | None
    name: str
    member: bool
    display_name: str | None
    is_default: bool


class Membership(Schema):
    service_id: UUID
    eligible: bool
    groups: list[MembershipEntry]


class MembershipIn(Schema):
    group_ids: list[UUID] = []
    include_default: StrictBool = False


def group_view(group: Group, service_ids: list[UUID] | None = None) -> GroupView:
    """Return a group as lists tell it."""
    return GroupView(
        id=group.id,
        name=group.name,
        owner_type="customer" if group.is_own else "platform",
        editable=group.is_own,
        group_type=group.kind,
        display_name=group.display_name,
        member_count=group.member_count,
        is_default=group.is_default,
        service_ids=service_ids,
        owner_id=None,
        details=None,
        routing_policy=group.policy,
    )


def group_detail(group: Group) -> GroupDetail:
    """Return a group with the address that it is called at, when it can be called."""
    interface = None
    if group.address is not None:
        interface = Interface(
            name=group.name,
            description=group.description or None,
            access_method="http",
            base_url=group.address,
            group_name=group.name,
            enrollment_id=None,
            kind="group",
            routing_key=None,
        )
    return GroupDetail(
        id=group.id,
        name=group.name,
        owner_type="customer" if group.is_own else "platform",
        editable=group.is_own,
        display_name=group.display_name,
        description=group.description or None,
        member_count=group.member_count,
        details=None,
        group_type=group.kind,
        interface=interface,
        routing_policy=group.policy,
        enabled=group.enabled,
    )


def collection_out(collection: Collection, member_count: int) -> CollectionOut:
    """Return a collection as it is after a change."""
    return CollectionOut(
        id=collection.pk,
        name=collection.name,
        display_name=collection.display_name or None,
        description=collection.description or None,
        enabled=collection.enabled,
        member_count=member_count,
    )


def member_out(member: CollectionMember) -> MemberOut:
    """Return a service's place in a collection."""
    return MemberOut(
        id=member.pk,
        service_id=member.service_id,
        routing_key=member.routing_key,
        sort_order=member.sort_order,
        weight=member.weight,
    )
