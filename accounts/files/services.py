"""Storing, handing out and deleting account files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core import signing
from django.core.files import File
from django.db import transaction

from accounts.files import places, queries
from accounts.files.models import AccountFile
from accounts.files.places import Place
from accounts.teams.models import Team
from accounts.users.models import User
from common.errors import DomainError
from common.storage.objects import objects

#: How long an upload may take to begin.
TICKET_SECONDS = 900
_SALT = "accounts.files.ticket"
_CONTENT_TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}", re.ASCII)
_UNKNOWN_TYPE = "application/octet-stream"


class FileTooLarge(DomainError):
    """More bytes than one file may have, or than were announced."""

    code = "too_large"
    sentence = "At most {limit} bytes are taken here. Split the file, or keep it elsewhere."


class FilesFull(DomainError):
    """The account has no room."""

    code = "files_full"
    sentence = "The files of this account take {used} of {limit} bytes, in {files} files of {most}. Delete some first."


class TicketEnded(DomainError):
    """A ticket that is not ours, or too old."""

    code = "ticket_ended"
    sentence = "This address for an upload has ended. Ask for a new one."


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to upload one file without a key. max_bytes: at most; token: what the address carries."""

    place: Place
    key: str
    content_type: str
    max_bytes: int
    token: str

    @property
    def url(self) -> str:
        return f"{settings.SITE_URL}/files/put/{self.token}"

    @property
    def fields(self) -> Mapping[str, str]:
        """Return what the client sends before the file; all that counts stands in the token."""
        return {"key": self.key, "Content-Type": self.content_type}


def ticket(
    *, place: Place, path: str, filename: str, size: int, content_type: str | None, by: User | None, now: datetime
) -> Ticket:
    """Promise to take a file. Raises: Invalid, FileTooLarge, FilesFull."""
    key = places.key(path, filename)
    limit = settings.ACCOUNT_FILE_LIMIT_BYTES
    if size > limit:
        raise FileTooLarge(limit=limit)
    _check_room(place, key, size)
    kind = _type(content_type)
    ends_at = (now + timedelta(seconds=TICKET_SECONDS)).timestamp()
    user, person = (str(each.pk) if each else None for each in (place.user, by))
    said = [str(place.team.pk), user, key, kind, limit, person, ends_at]
    return Ticket(place, key, kind, limit, signing.dumps(said, salt=_SALT, compress=True))


def redeem(*, token: str, now: datetime) -> tuple[Ticket, User | None]:
    """Return what a ticket promises, and to whom. Raises: TicketEnded."""
    try:
        team_id, user_id, key, content_type, max_bytes, person_id, ends_at = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError):
        raise TicketEnded from None
    team = Team.objects.filter(pk=team_id, is_active=True).first()
    people = {str(each.pk): each for each in User.objects.filter(pk__in={user_id, person_id} - {None})}
    if now.timestamp() >= ends_at or team is None or (user_id and user_id not in people):
        raise TicketEnded
    place = Place(team, people.get(user_id))
    return Ticket(place, key, content_type, max_bytes, token), people.get(person_id)


def store(
    *, place: Place, key: str, content: File[Any], content_type: str | None, by: User | None, now: datetime
) -> AccountFile:
    """Keep a file under a key; what was there before is gone. Raises: FileTooLarge, FilesFull."""
    if content.size > settings.ACCOUNT_FILE_LIMIT_BYTES:
        raise FileTooLarge(limit=settings.ACCOUNT_FILE_LIMIT_BYTES)
    name = objects().save(f"account-files/{place.team.pk}/{uuid4()}", content)
    try:
        return _record(
            place=place, key=key, object_name=name, size=content.size, content_type=_type(content_type), by=by, now=now
        )
    except BaseException:
        objects().delete(name)
        raise


@transaction.atomic
def delete(*, file: AccountFile) -> None:
    """Forget a file, and its content once that is certain."""
    file.delete()
    transaction.on_commit(partial(objects().delete, file.object_name))


def download_url(*, file: AccountFile, expires_in: int) -> str:
    """Return an address at which the file may be downloaded for a while, without a key."""
    return objects().signed_url(
        file.object_name, filename=file.filename, content_type=file.content_type, expires_in=expires_in
    )


@transaction.atomic
def _record(
    *, place: Place, key: str, object_name: str, size: int, content_type: str, by: User | None, now: datetime
) -> AccountFile:
    Team.objects.select_for_update(no_key=True).get(pk=place.team.pk)  # one upload counts after the other
    before = queries.files(place).filter(key=key).first()
    _check_room(place, key, size)
    if before is not None:
        transaction.on_commit(partial(objects().delete, before.object_name))
    return AccountFile.objects.update_or_create(
        team=place.team,
        user=place.user,
        key=key,
        defaults={
            "object_name": object_name,
            "size": size,
            "content_type": content_type,
            "updated_at": now,
            "updated_by": by,
        },
    )[0]


def _check_room(place: Place, key: str, size: int) -> None:
    """Refuse what does not fit. A file that replaces another one gives its room back first."""
    room = queries.room(place.team)
    replaced = queries.files(place).filter(key=key).first()
    freed = replaced.size if replaced else 0
    is_full = room.files_left == 0 and replaced is None
    if is_full or room.used_bytes - freed + size > room.limit_bytes:
        raise FilesFull(used=room.used_bytes, limit=room.limit_bytes, files=room.files, most=room.limit_files)


def _type(content_type: str | None) -> str:
    """Return a content type that is one."""
    return content_type if content_type and _CONTENT_TYPE.fullmatch(content_type) else _UNKNOWN_TYPE
