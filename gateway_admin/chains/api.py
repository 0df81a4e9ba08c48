"""Chains over JSON."""

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
from gateway_admin.chains import queries, services
from gateway_admin.chains.models import Chain, ChainStep
from gateway_admin.chains.services import StepContent
from gateway_admin.composite_schemas import CompositeOut, Message
from gateway_admin.named import NAME_LENGTH, NAME_SPELLING

router = Router(tags=["chains"])
endpoint = Endpoints(router)
Json = dict[str, Any]
_LONGEST_MS = 600_000
Method = Literal["", "GET", "POST", "PUT", "PATCH", "DELETE"]


class StepIn(Schema):
    """method, headers, body: of the step's own request; without them it gets those of the call."""

    name: str = Field(min_length=1, max_length=NAME_LENGTH)
    target_path: str = Field(max_length=500)
    sort_order: Whole
    on_success: str = Field("stop", max_length=64)
    on_failure: str = Field("relay", max_length=64)
    timeout_ms: Annotated[int, Field(ge=1, le=_LONGEST_MS), PLAIN] | None = None
    method: Method = ""
    headers: dict[str, str] | None = None
    body: Any = None


class StepChange(Schema):
    name: str | None = Field(None, min_length=1, max_length=NAME_LENGTH)
    target_path: str | None = Field(None, max_length=500)
    sort_order: Whole | None = None
    on_success: str | None = Field(None, max_length=64)
    on_failure: str | None = Field(None, max_length=64)
    timeout_ms: Annotated[int, Field(ge=1, le=_LONGEST_MS), PLAIN] | None = None
    method: Method | None = None
    headers: dict[str, str] | None = None
    body: Any = None


class ChainIn(Schema):
    name: str = Field(max_length=64, json_schema_extra=NAME_SPELLING)
    description: str | None = Field(None, max_length=500)
    default_timeout_ms: Annotated[int, Field(ge=1, le=_LONGEST_MS), PLAIN] = 10_000
    enabled: StrictBool = True
    steps: list[StepIn] = []


class ChainChange(Schema):
    description: str | None = Field(None, max_length=500)
    default_timeout_ms: Annotated[int, Field(ge=1, le=_LONGEST_MS), PLAIN] | None = None
    enabled: StrictBool | None = None


class StepOut(Schema):
    id: UUID
    chain_id: UUID
    name: str
    target_path: str
    on_success: str
    on_failure: str
    sort_order: int
    timeout_ms: int | None
    method: str
    headers: dict[str, str] | None
    body: Any


class ChainOut(CompositeOut):
    default_timeout_ms: int
    steps: list[StepOut]


class ChainPage(Schema):
    data: list[ChainOut]
    count: int


@endpoint("GET", "/chains/", {200: ChainPage})
def chain_list(request: KeyRequest, window: Query[Window]) -> Json:
    """Return the team's chains by name."""
    rows = queries.chains(team=request.team)
    return {"data": window.of(rows), "count": rows.count()}


@endpoint("POST", "/chains/", {201: ChainOut})
def chain_create(request: KeyRequest, body: ChainIn, shared: bool = False) -> Status[Chain]:
    """Make a chain."""
    callers.check(request, Permission.MANAGE_ROUTING)
    chain = services.create(
        team=request.team,
        name=body.name,
        description=body.description or "",
        default_timeout_ms=body.default_timeout_ms,
        enabled=body.enabled,
        steps=[StepContent(**each.dict()) for each in body.steps],
        by=request.api_key.created_by,
        now=timezone.now(),
    )
    return Status(201, chain)


@endpoint("GET", "/chains/{uuid:chain_id}", {200: ChainOut})
def chain_detail(request: KeyRequest, chain_id: UUID) -> Chain:
    """Return one chain with its steps."""
    return queries.chain(team=request.team, chain_id=chain_id)


@endpoint("PATCH", "/chains/{uuid:chain_id}", {200: ChainOut})
def chain_update(request: KeyRequest, chain_id: UUID, body: ChainChange) -> Chain:
    """Change what is given of a chain. Its name stays for ever."""
    chain = _mine(request, chain_id)
    return services.update(chain=chain, changes=body.dict(exclude_unset=True), now=timezone.now())


@endpoint("DELETE", "/chains/{uuid:chain_id}", {200: Message})
def chain_delete(request: KeyRequest, chain_id: UUID) -> Message:
    """Remove a chain."""
    chain = _mine(request, chain_id)
    services.delete(chain=chain)
    return Message(message=f"The chain {chain.name} is deleted.")


@endpoint("PUT", "/chains/{uuid:chain_id}/steps", {200: ChainOut})
def steps_replace(request: KeyRequest, chain_id: UUID, body: list[StepIn]) -> Chain:
    """Make the given steps the whole of a chain."""
    chain = _mine(request, chain_id)
    return services.set_steps(chain=chain, steps=[StepContent(**each.dict()) for each in body], now=timezone.now())


@endpoint("POST", "/chains/{uuid:chain_id}/steps", {201: StepOut})
def step_create(request: KeyRequest, chain_id: UUID, body: StepIn) -> Status[ChainStep]:
    """Add a step."""
    chain = _mine(request, chain_id)
    return Status(201, services.add_step(chain=chain, step=StepContent(**body.dict()), now=timezone.now()))


@endpoint("PATCH", "/chains/{uuid:chain_id}/steps/{uuid:step_id}", {200: StepOut})
def step_update(request: KeyRequest, chain_id: UUID, step_id: UUID, body: StepChange) -> ChainStep:
    """Change what is given of a step."""
    chain = _mine(request, chain_id)
    step = queries.step(chain=chain, step_id=step_id)
    changes = body.dict(exclude_unset=True)
    return services.update_step(chain=chain, step=step, changes=changes, now=timezone.now())


@endpoint("DELETE", "/chains/{uuid:chain_id}/steps/{uuid:step_id}", {200: Message})
def step_delete(request: KeyRequest, chain_id: UUID, step_id: UUID) -> Message:
    """Take a step out of a chain."""
    chain = _mine(request, chain_id)
    step = queries.step(chain=chain, step_id=step_id)
    services.remove_step(chain=chain, step=step, now=timezone.now())
    return Message(message=f"The step {step.name} is removed.")


def _mine(request: KeyRequest, chain_id: UUID) -> Chain:
    callers.check(request, Permission.MANAGE_ROUTING)
    return queries.chain(team=request.team, chain_id=chain_id)
