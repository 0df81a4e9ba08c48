"""Whose files, and how they are called: scopes, folders and keys."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from accounts.teams.models import Team
from accounts.users.models import User
from common.errors import DomainError, Invalid

_LONGEST_KEY, _LONGEST_NAME = 1000, 255


class Scope(StrEnum):
    PERSONAL = "personal"
    SHARED = "shared"


class PersonalNeedsPerson(DomainError):
    """A key that nobody made has no files of its own."""

    code = "personal_files_unavailable"
    sentence = "This API key belongs to no person. Use a key that you made yourself, or the scope shared."


class SharingUnavailable(DomainError):
    """There is nobody to share with."""

    code = "shared_files_unavailable"
    sentence = "Shared files are for teams of two or more. Add a member under Account, or use the scope personal."


@dataclass(frozen=True, slots=True)
class Place:
    """The root of a scope. user: whose personal files; None for the team's."""

    team: Team
    user: User | None

    @property
    def scope(self) -> Scope:
        return Scope.SHARED if self.user is None else Scope.PERSONAL


def folder(path: str) -> str:
    """Return a folder as keys begin with it: "" or "reports/2026/". Raises: Invalid."""
    trimmed = path.strip("/")
    return f"{_checked(trimmed, 'path')}/" if trimmed else ""


def key(path: str, filename: str) -> str:
    """Return the key of a file in a folder. Raises: Invalid."""
    if not filename or "/" in filename or len(filename) > _LONGEST_NAME:
        raise Invalid([f"filename: 1 to {_LONGEST_NAME} characters without a slash. Give folders as path."])
    return _checked(f"{folder(path)}{filename}", "filename")


def _checked(key: str, field: str) -> str:
    """Return a key that leads nowhere but down from its root."""
    if len(key) > _LONGEST_KEY:
        raise Invalid([f"{field}: longer than {_LONGEST_KEY} characters, folders included."])
    if any(part.strip() in {"", ".", ".."} for part in key.split("/")):
        raise Invalid([f"{field}: folders and names may not be empty, '.' or '..'."])
    if "\\" in key or not key.isprintable():
        raise Invalid([f"{field}: no backslashes and no control characters."])
    return key
