"""What each role may do. Asked at the edge, before the service."""

from __future__ import annotations

from enum import StrEnum

from accounts.teams.models import Role
from common.errors import DomainError


class Permission(StrEnum):
    VIEW = "view"
    CALL = "call"
    MANAGE_ENROLLMENTS = "manage enrollments"
    MANAGE_API_KEYS = "manage API keys"
    MANAGE_SECRETS = "manage secrets"
    MANAGE_SERVICES = "manage services"
    MANAGE_ROUTING = "manage aliases, collections, chains and broadcasts"
    MANAGE_FILES = "manage files"
    WRITE_MESSAGES = "write messages"
    MANAGE_BILLING = "manage billing"
    MANAGE_MEMBERS = "manage members"


_DEVELOPER = frozenset(
    {
        Permission.VIEW,
        Permission.CALL,
        Permission.MANAGE_ENROLLMENTS,
        Permission.MANAGE_API_KEYS,
        Permission.MANAGE_SECRETS,
        Permission.MANAGE_SERVICES,
        Permission.MANAGE_ROUTING,
        Permission.MANAGE_FILES,
        Permission.WRITE_MESSAGES,
    }
)
ALLOWED: dict[str, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: frozenset(Permission),
    Role.DEVELOPER: _DEVELOPER,
    Role.BILLING: frozenset({Permission.VIEW, Permission.MANAGE_BILLING, Permission.WRITE_MESSAGES}),
    Role.VIEWER: frozenset({Permission.VIEW}),
}


class PermissionDenied(DomainError):
    """The role does not allow it."""

    code = "permission_denied"
    sentence = "Your role ({role}) may not {permission}. Ask an owner or administrator of the team."


def is_allowed(role: str, permission: Permission) -> bool:
    """Return whether `role` includes `permission`."""
    return permission in ALLOWED.get(role, frozenset())


def roles_with(permission: Permission) -> list[str]:
    """Return the roles that include `permission`."""
    return [role for role in ALLOWED if is_allowed(role, permission)]


def check(role: str, permission: Permission) -> None:
    """Raise PermissionDenied unless `role` includes `permission`."""
    if not is_allowed(role, permission):
        raise PermissionDenied(role=role, permission=permission.value)
