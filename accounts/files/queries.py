"""Reads of account files."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Case, F, Max, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, StrIndex, Substr

from accounts.files.models import AccountFile
from accounts.files.places import PersonalNeedsPerson, Place, Scope, SharingUnavailable
from accounts.teams import queries as teams
from accounts.teams.models import Team
from accounts.users.models import User
from common.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in a folder: a file, or another folder (its key ends with a slash). id: of a file."""

    key: str
    size: int
    updated_at: datetime
    id: UUID | None

    @property
    def is_folder(self) -> bool:
        return self.key.endswith("/")

    @property
    def name(self) -> str:
        return self.key.rstrip("/").rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Listing:
    """A part of a folder, by key. next_token: where it goes on, None at its end."""

    entries: Sequence[Entry]
    next_token: str | None

    @property
    def files(self) -> list[Entry]:
        return [each for each in self.entries if not each.is_folder]

    @property
    def folders(self) -> list[Entry]:
        return [each for each in self.entries if each.is_folder]


@dataclass(frozen=True, slots=True)
class Room:
    """What an account's files take and may take. bytes_left and files_left are never negative."""

    used_bytes: int
    limit_bytes: int
    files: int
    limit_files: int

    @property
    def bytes_left(self) -> int:
        return max(self.limit_bytes - self.used_bytes, 0)

    @property
    def files_left(self) -> int:
        return max(self.limit_files - self.files, 0)


def is_sharing(team: Team) -> bool:
    """Return whether a team has somebody to share files with. Sellers' files are always the team's."""
    return team.is_seller or teams.members(team=team).count() > 1


def place(*, team: Team, user: User | None, scope: str) -> Place:
    """Return the root of a scope. Raises: PersonalNeedsPerson, SharingUnavailable."""
    if scope == Scope.SHARED:
        if not is_sharing(team):
            raise SharingUnavailable
        return Place(team, None)
    if user is None:
        raise PersonalNeedsPerson
    return Place(team, user)


def files(place: Place) -> QuerySet[AccountFile]:
    """Return all files below a root, by key."""
    return AccountFile.objects.filter(team=place.team, user=place.user)


def file(place: Place, *, key: str) -> AccountFile:
    """Return one file. Raises: NotFound."""
    found = files(place).filter(key=key).first()
    if found is None:
        raise NotFound(what="file")
    return found


def readable_file(*, team: Team, user: User, file_id: UUID) -> AccountFile:
    """Return a file that a member may read: their own, or the team's. Raises: NotFound."""
    found = AccountFile.objects.filter(team=team, pk=file_id).first()
    if found is None or found.user_id not in {None, user.pk}:
        raise NotFound(what="file")
    return found


def listing(place: Place, *, folder: str, limit: int, token: str | None) -> Listing:
    """Return one level of a folder, folders below it as one entry each, in one query. Raises: Invalid."""
    start = len(folder) + 1
    slash = StrIndex(Substr("key", start), Value("/"))
    entry = Case(When(slash=0, then=F("key")), default=Substr("key", 1, F("slash") + len(folder)))
    rows = (
        files(place)
        .filter(key__startswith=folder)
        .annotate(slash=slash, entry=entry)
        .order_by()
        .values("entry")
        .annotate(bytes=Max("size"), at=Max("updated_at"))
        .order_by("entry")
    )
    if token:
        rows = rows.filter(entry__gt=_read(token))
    found = list(rows[: limit + 1])
    shown = found[:limit]
    ids = dict(files(place).filter(key__in=[row["entry"] for row in shown]).values_list("key", "pk"))
    entries = [Entry(row["entry"], row["bytes"], row["at"], ids.get(row["entry"])) for row in shown]
    return Listing(entries, _written(shown[-1]["entry"]) if len(found) > limit else None)


def room(team: Team) -> Room:
    """Return how much an account's files take."""
    of_team = AccountFile.objects.filter(team=team)
    used = of_team.aggregate(bytes=Coalesce(Sum("size"), 0))["bytes"]
    return Room(int(used), settings.ACCOUNT_FILES_LIMIT_BYTES, of_team.count(), settings.ACCOUNT_FILES_LIMIT)


def _written(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _read(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        message = "continuation_token: not one that a list has given. Start without it."
        raise Invalid([message]) from None
