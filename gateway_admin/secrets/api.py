"""Secrets and variables over JSON. A secret's value goes in and never comes back; a variable's does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import Field, StrictBool

from accounts.teams import callers
from accounts.teams.callers import KeyRequest
from accounts.teams.permissions import Permission
from common import pagination
from common.apis.decorations import Deprecated
from common.ninja import MOST_SKIPPED, Endpoints
from gateway_admin.secrets import queries, services
from gateway_admin.secrets.models import Secret


class SecretIn(Schema):
    value: str = Field(max_length=4000)
    sensitive: StrictBool | None = None
    description: str | None = Field(None, max_length=10_000)


#: What the schema says of a name. It is the service that refuses others, in the words of the page.
_SPELLING: dict[str, Any] = {"pattern": "^[A-Z_][A-Z0-9_]{0,99}$"}
Name = Annotated[str, Field(json_schema_extra=_SPELLING)]


class NamedSecretIn(SecretIn):
    name: str = Field(json_schema_extra=_SPELLING)


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


def secret_list(request: KeyRequest, skip: int = 0, limit: int | None = None, shared: bool = False) -> dict[str, Any]:
    """Return the team's secrets and variables. `shared` is understood and changes nothing: all are the team's."""
    rows = queries.secrets(team=request.team).select_related("team")
    count, start = rows.count(), min(max(skip, 0), MOST_SKIPPED)
    end = None if limit is None else start + min(max(limit, 0), 1000)
    return {"data": [shown(secret) for secret in pagination.part(rows, start, end)], "count": count}


def secret_detail(request: KeyRequest, name: str) -> dict[str, Any]:
    """Return one of them."""
    return shown(queries.secret(team=request.team, name=name))


def secret_delete(request: KeyRequest, name: str, shared: bool = False) -> dict[str, str]:
    """Remove one, with the consents to send it anywhere."""
    callers.check(request, Permission.MANAGE_SECRETS)
    services.delete(team=request.team, name=name)
    return {"message": f"{name} is deleted."}


def seller_put(request: KeyRequest, name: Name, body: SecretIn) -> Status[dict[str, Any]]:
    """Store a value under a name: 201 for a new name, 200 for a known one."""
    secret, created = _put(request, name, body)
    return Status(201 if created else 200, secret)


def customer_put(request: KeyRequest, name: Name, body: SecretIn, shared: bool = False) -> dict[str, Any]:
    """Store a value under a name: always 200, the only status that the customers' client reads."""
    return _put(request, name, body)[0]


def customer_create(request: KeyRequest, body: NamedSecretIn, shared: bool = False) -> Status[dict[str, Any]]:
    """Store a value under the name in the body, as the first published client does."""
    return Status(201, _put(request, body.name, body)[0])


def _put(request: KeyRequest, name: str, body: SecretIn) -> tuple[dict[str, Any], bool]:
    callers.check(request, Permission.MANAGE_SECRETS)
    secret, created = services.put(
        team=request.team,
        name=name,
        value=body.value,
        sensitive=body.sensitive,
        description=body.description,
        by=request.api_key.created_by,
        now=timezone.now(),
    )
    return shown(secret), created


def _router(put_response: dict[int, Any], put: Callable[..., Any]) -> Router:
    router = Router(tags=["secrets"])
    endpoint = Endpoints(router)
    endpoint("GET", "/secrets/", {200: SecretPage})(secret_list)
    endpoint("GET", "/secrets/{name}", {200: SecretOut})(secret_detail)
    endpoint("PUT", "/secrets/{name}", put_response)(put)
    endpoint("DELETE", "/secrets/{name}", {200: Message})(secret_delete)
    return router


seller_router = _router({200: SecretOut, 201: SecretOut}, seller_put)
customer_router = _router({200: SecretOut}, customer_put)
_OLD = Deprecated(since=date(2026, 1, 1), successor="/v1/secrets/{name}")
Endpoints(customer_router)("POST", "/secrets/", {201: SecretOut}, deprecated=_OLD)(customer_create)
