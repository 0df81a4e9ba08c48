"""Aliases over JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field, StrictBool

from accounts.teams import callers
from accounts.teams.callers import KeyRequest
from accounts.teams.permissions import Permission
from common.ninja import Endpoints, Window
from gateway_admin.aliases import queries, services
from gateway_admin.aliases.models import Alias
from gateway_admin.named import NAME_SPELLING

router = Router(tags=["aliases"])
endpoint = Endpoints(router)
Json = dict[str, Any]


class AliasFilters(Window):
    name: str | None = None
    include_deactivated: bool = False


class AliasIn(Schema):
    name: str = Field(max_length=100, json_schema_extra=NAME_SPELLING)
    target_path: str = Field(max_length=500)
    description: str | None = Field(None, max_length=500)
    request_routing_key: Json | None = None
    is_routing: StrictBool = True
    routing_key_override: Json | None = None


class AliasChange(Schema):
    description: str | None = Field(None, max_length=500)
    request_routing_key: Json | None = None
    target_path: str | None = Field(None, max_length=500)
    routing_key_override: Json | None = None


class AliasOut(Schema):
    """target: the same as target_path, for older readers. status: routing, standby or removed."""

    id: UUID
    customer_id: UUID
    owner_id: UUID | None
    name: str
    target_path: str
    target: str
    description: str | None
    request_routing_key: Json | None
    routing_key_override: Json | None
    is_routing: bool
    status: str
    details: Json | None
    created_at: datetime
    updated_at: datetime | None
    deactivated_at: datetime | None


class AliasPage(Schema):
    data: list[AliasOut]
    count: int


class AliasSwitched(Schema):
    alias: AliasOut
    demoted_alias_id: UUID | None


class AliasRemoved(Schema):
    message: str


def shown(alias: Alias) -> AliasOut:
    """Return a row as the API tells it."""
    status = "routing" if alias.is_routing else "standby" if alias.deactivated_at is None else "removed"
    return AliasOut(
        id=alias.pk,
        customer_id=alias.team_id,
        owner_id=None,
        name=alias.name,
        target_path=alias.target_path,
        target=alias.target_path,
        description=alias.description or None,
        request_routing_key=alias.request_routing_key,
        routing_key_override=alias.routing_key_override,
        is_routing=alias.is_routing,
        status=status,
        details=None,
        created_at=alias.created_at,
        updated_at=alias.updated_at,
        deactivated_at=alias.deactivated_at,
    )


@endpoint("GET", "/aliases/", {200: AliasPage})
def alias_list(request: KeyRequest, filters: Query[AliasFilters]) -> AliasPage:
    """Return the team's aliases by name."""
    rows = queries.aliases(team=request.team, name=filters.name, with_removed=filters.include_deactivated)
    return AliasPage(data=[shown(each) for each in filters.of(rows)], count=rows.count())


@endpoint("POST", "/aliases/", {201: AliasOut})
def alias_create(request: KeyRequest, body: AliasIn, shared: bool = False) -> Status[AliasOut]:
    """Add a target to a name. A second one for the same routing key waits until it is switched to."""
    callers.check(request, Permission.MANAGE_ROUTING)
    alias = services.create(
        team=request.team,
        name=body.name,
        target_path=body.target_path,
        description=body.description or "",
        request_routing_key=body.request_routing_key,
        routing_key_override=body.routing_key_override,
        is_routing=body.is_routing,
        by=request.api_key.created_by,
        now=timezone.now(),
    )
    return Status(201, shown(alias))


@endpoint("GET", "/aliases/{uuid:alias_id}", {200: AliasOut})
def alias_detail(request: KeyRequest, alias_id: UUID) -> AliasOut:
    """Return one row."""
    return shown(queries.alias(team=request.team, alias_id=alias_id))


@endpoint("PATCH", "/aliases/{uuid:alias_id}", {200: AliasOut})
def alias_update(request: KeyRequest, alias_id: UUID, body: AliasChange) -> AliasOut:
    """Change what is given of a row. Its name stays for ever."""
    callers.check(request, Permission.MANAGE_ROUTING)
    alias = services.update(
        alias=queries.alias(team=request.team, alias_id=alias_id),
        changes=body.dict(exclude_unset=True),
        by=request.api_key.created_by,
        now=timezone.now(),
    )
    return shown(alias)


@endpoint("DELETE", "/aliases/{uuid:alias_id}", {200: AliasRemoved})
def alias_delete(request: KeyRequest, alias_id: UUID) -> AliasRemoved:
    """Take a row out of use. It stays readable with include_deactivated."""
    callers.check(request, Permission.MANAGE_ROUTING)
    found = queries.alias(team=request.team, alias_id=alias_id)
    alias = services.remove(alias=found, by=request.api_key.created_by, now=timezone.now())
    return AliasRemoved(message=f"The alias {alias.name} to {alias.target_path} is removed.")


@endpoint("POST", "/aliases/{identifier}/switch", {200: AliasSwitched})
def alias_switch(
    request: KeyRequest, identifier: str, on: bool = True, target: str | None = None, routing_key: str | None = None
) -> AliasSwitched:
    """Let a name lead to another of its rows, given by id, the beginning of one, or the name and parts of a target."""
    callers.check(request, Permission.MANAGE_ROUTING)
    switched = services.switch(
        team=request.team,
        identifier=identifier,
        on=on,
        target=target,
        routing_key=routing_key,
        by=request.api_key.created_by,
        now=timezone.now(),
    )
    demoted = switched.demoted.pk if switched.demoted else None
    return AliasSwitched(alias=shown(switched.alias), demoted_alias_id=demoted)
