"""Broadcasts over JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field, StrictBool

from accounts.teams import callers
from accounts.teams.callers import KeyRequest
from accounts.teams.permissions import Permission
from common.ninja import PLAIN, Endpoints, Whole, Window
from gateway_admin.broadcasts import queries, services
from gateway_admin.broadcasts.models import Broadcast, BroadcastTarget
from gateway_admin.broadcasts.services import TargetContent
from gateway_admin.composite_schemas import CompositeOut, Message
from gateway_admin.named import NAME_LENGTH, NAME_SPELLING

router = Router(tags=["broadcasts"])
endpoint = Endpoints(router)
Json = dict[str, Any]
Mode = Literal["sync", "async"]
Policy = Literal["all", "any", "quorum"]
_LONGEST_MS = 600_000


class TargetIn(Schema):
    name: str = Field(min_length=1, max_length=NAME_LENGTH)
    target_path: str = Field(max_length=500)
    routing_key_override: Json | None = None
    sort_order: Whole = 0


class BroadcastIn(Schema):
    name: str = Field(max_length=64, json_schema_extra=NAME_SPELLING)
    description: str | None = Field(None, max_length=500)
    mode: Mode = "sync"
    policy: Policy = "any"
    quorum: Annotated[int, Field(ge=1, le=100), PLAIN] = 1
    target_timeout_ms: Annotated[int, Field(ge=1, le=_LONGEST_MS), PLAIN] = 30_000
    enabled: StrictBool = True
    targets: list[TargetIn] = []


class BroadcastChange(Schema):
    description: str | None = Field(None, max_length=500)
    mode: Mode | None = None
    policy: Policy | None = None
    quorum: Annotated[int, Field(ge=1, le=100), PLAIN] | None = None
    target_timeout_ms: Annotated[int, Field(ge=1, le=_LONGEST_MS), PLAIN] | None = None
    enabled: StrictBool | None = None


class TargetOut(Schema):
    id: UUID
    broadcast_id: UUID
    name: str
    target_path: str
    sort_order: int
    routing_key_override: Json | None


class BroadcastOut(CompositeOut):
    mode: Mode
    policy: Policy
    quorum: int
    target_timeout_ms: int
    targets: list[TargetOut]


class BroadcastPage(Schema):
    data: list[BroadcastOut]
    count: int


@endpoint("GET", "/broadcasts/", {200: BroadcastPage})
def broadcast_list(request: KeyRequest, window: Query[Window]) -> Json:
    """Return the team's broadcasts by name."""
    rows = queries.broadcasts(team=request.team)
    return {"data": window.of(rows), "count": rows.count()}


@endpoint("POST", "/broadcasts/", {201: BroadcastOut})
def broadcast_create(request: KeyRequest, body: BroadcastIn, shared: bool = False) -> Status[Broadcast]:
    """Make a broadcast."""
    callers.check(request, Permission.MANAGE_ROUTING)
    content = body.dict(exclude={"name", "targets"})
    broadcast = services.create(
        team=request.team,
        name=body.name,
        targets=[TargetContent(**each.dict()) for each in body.targets],
        by=request.api_key.created_by,
        now=timezone.now(),
        **content,
    )
    return Status(201, broadcast)


@endpoint("GET", "/broadcasts/{uuid:broadcast_id}", {200: BroadcastOut})
def broadcast_detail(request: KeyRequest, broadcast_id: UUID) -> Broadcast:
    """Return one broadcast with its targets."""
    return queries.broadcast(team=request.team, broadcast_id=broadcast_id)


@endpoint("PATCH", "/broadcasts/{uuid:broadcast_id}", {200: BroadcastOut})
def broadcast_update(request: KeyRequest, broadcast_id: UUID, body: BroadcastChange) -> Broadcast:
    """Change what is given of a broadcast. Its name stays for ever."""
    broadcast = _mine(request, broadcast_id)
    return services.update(broadcast=broadcast, changes=body.dict(exclude_unset=True), now=timezone.now())


@endpoint("DELETE", "/broadcasts/{uuid:broadcast_id}", {200: Message})
def broadcast_delete(request: KeyRequest, broadcast_id: UUID) -> Message:
    """Remove a broadcast."""
    broadcast = _mine(request, broadcast_id)
    services.delete(broadcast=broadcast)
    return Message(message=f"The broadcast {broadcast.name} is deleted.")


@endpoint("PUT", "/broadcasts/{uuid:broadcast_id}/targets", {200: BroadcastOut})
def targets_replace(request: KeyRequest, broadcast_id: UUID, body: list[TargetIn]) -> Broadcast:
    """Make the given targets the whole of a broadcast."""
    broadcast = _mine(request, broadcast_id)
    targets = [TargetContent(**each.dict()) for each in body]
    return services.set_targets(broadcast=broadcast, targets=targets, now=timezone.now())


@endpoint("POST", "/broadcasts/{uuid:broadcast_id}/targets", {201: TargetOut})
def target_create(request: KeyRequest, broadcast_id: UUID, body: TargetIn) -> Status[BroadcastTarget]:
    """Add a target."""
    broadcast = _mine(request, broadcast_id)
    made = services.add_target(broadcast=broadcast, target=TargetContent(**body.dict()), now=timezone.now())
    return Status(201, made)


@endpoint("DELETE", "/broadcasts/{uuid:broadcast_id}/targets/{uuid:target_id}", {200: Message})
def target_delete(request: KeyRequest, broadcast_id: UUID, target_id: UUID) -> Message:
    """Take a target out of a broadcast."""
    broadcast = _mine(request, broadcast_id)
    target = queries.target(broadcast=broadcast, target_id=target_id)
    services.remove_target(broadcast=broadcast, target=target, now=timezone.now())
    return Message(message=f"The target {target.name} is removed.")


def _mine(request: KeyRequest, broadcast_id: UUID) -> Broadcast:
    callers.check(request, Permission.MANAGE_ROUTING)
    return queries.broadcast(team=request.team, broadcast_id=broadcast_id)
