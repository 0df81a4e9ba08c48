"""Secrets and variables over JSON. A secret's value goes in and never comes back; a variable's does."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status

from accounts.teams import permissions
from accounts.teams.models import Team
from accounts.teams.permissions import Permission
from gateway_admin.api_keys.models import ApiKey
from gateway_admin.secrets import queries, services
from gateway_admin.secrets.models import Secret

router = Router(tags=["secrets"])


class KeyRequest(HttpRequest):
    """A request that its API key has vouched for."""

    team: Team
    api_key: ApiKey


class SecretIn(Schema):
    value: str
    sensitive: bool | None = None
    description: str | None = None


class SecretOut(Schema):
    """`value` is null for secrets, always."""

    id: UUID
    name: str
    owner_type: str
    role_id: UUID | None
    owner_id: UUID
    sensitive: bool
    created_at: datetime
    updated_at: datetime
    last_used_at: datetime | None
    description: str | None
    value: str | None


class SecretPage(Schema):
    data: list[SecretOut]
    count: int


class Message(Schema):
    message: str


def shown(secret: Secret) -> dict[str, Any]:
    """Return what the API tells of a row."""
    return {
        "id": secret.pk,
        "name": secret.name,
        "owner_type": secret.team.kind,
        "role_id": None,
        "owner_id": secret.team_id,
        "sensitive": secret.sensitive,
        "created_at": secret.created_at,
        "updated_at": secret.updated_at,
        "last_used_at": secret.last_used_at,
        "description": secret.description or None,
        "value": None if secret.sensitive else secret.value,
    }


@router.get("/secrets", response=SecretPage, include_in_schema=False)
@router.get("/secrets/", response=SecretPage)
def secret_list(request: KeyRequest, skip: int = 0, limit: int | None = None) -> dict[str, Any]:
    rows = queries.secrets(team=request.team).select_related("team")
    count, start = rows.count(), max(skip, 0)
    end = None if limit is None else start + min(max(limit, 0), 1000)
    return {"data": [shown(secret) for secret in rows[start:end]], "count": count}


@router.get("/secrets/{name}", response=SecretOut)
def secret_detail(request: KeyRequest, name: str) -> dict[str, Any]:
    return shown(queries.secret(team=request.team, name=name))


@router.put("/secrets/{name}", response={200: SecretOut, 201: SecretOut})
def secret_put(request: KeyRequest, name: str, body: SecretIn) -> Status[dict[str, Any]]:
    permissions.check(request.api_key.role, Permission.MANAGE_SECRETS)
    secret, created = services.put(
        team=request.team,
        name=name,
        value=body.value,
        sensitive=body.sensitive,
        description=body.description,
        by=request.api_key.created_by,
        now=timezone.now(),
    )
    return Status(201 if created else 200, shown(secret))


@router.delete("/secrets/{name}", response=Message)
def secret_delete(request: KeyRequest, name: str) -> dict[str, str]:
    permissions.check(request.api_key.role, Permission.MANAGE_SECRETS)
    services.delete(team=request.team, name=name)
    return {"message": f"{name} is deleted."}
