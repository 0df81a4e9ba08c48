"""Requests to the JSON APIs, after whoever mounts them has found out who calls."""

from __future__ import annotations

from typing import Any, Protocol

from django.http import HttpRequest

from accounts.teams import permissions
from accounts.teams.models import Team
from accounts.teams.permissions import Permission
from accounts.users.models import User


class Key(Protocol):
    """What an API knows of a key: what it may do, and who made it."""

    pk: Any
    role: str
    created_by: User | None


class KeyRequest(HttpRequest):
    """A request that a team's API key has vouched for."""

    team: Team
    api_key: Key


class PublicRequest(HttpRequest):
    """A request that anybody may make. team: whose key came with it; None without a key."""

    team: Team | None


def check(request: KeyRequest, permission: Permission) -> None:
    """Raise PermissionDenied unless the key's role includes `permission`."""
    permissions.check(request.api_key.role, permission)


def team_of(request: PublicRequest) -> Team | None:
    """Return whose key came with a request that anybody may make."""
    return getattr(request, "team", None)
