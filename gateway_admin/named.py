"""What aliases, collections, chains and broadcasts have in common: names in paths, and paths that they lead to."""

from __future__ import annotations

import re
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from accounts.teams.models import Team
from common.errors import DomainError, NotFound
from domain.routing.grammar import RESERVED_NAMES, BadPath, parse_inner
from gateway_admin.rows import NamedRow

Row = TypeVar("Row", bound=NamedRow)
Found = TypeVar("Found", bound=Model)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*", re.ASCII)
#: What a schema says of a name. It is the services that refuse others, in the words of the pages.
NAME_SPELLING: dict[str, Any] = {"pattern": "^[a-z0-9][a-z0-9_-]*$"}
#: Of collections, chains, broadcasts and their parts.
NAME_LENGTH = 64
_PATH_LIMIT = 500
_KEY_LIMIT = 10


class NameInvalid(DomainError):
    """A name that cannot stand in a path."""

    code = "invalid_name"
    sentence = "{name!r} cannot be called. Use up to {most} lower-case letters, digits, '-' and '_'."


class NameReserved(DomainError):
    """A name that means something else in a path."""

    code = "reserved_name"
    sentence = "{name!r} means something of its own in a path. Choose another name."


class NameTaken(DomainError):
    """There is one of that name."""

    code = "name_taken"
    sentence = "There is a {what} {name!r} already. Change that one, or choose another name."


class TargetInvalid(DomainError):
    """A path that no call could follow."""

    code = "invalid_target"
    sentence = "{path!r} cannot be called: {reason}"


class RoutingKeyInvalid(DomainError):
    """A routing key is a small JSON object of plain values."""

    code = "invalid_routing_key"
    sentence = 'A routing key is a JSON object of up to 10 plain values, such as {{"model": "llama-3"}}. Mend {field}.'


class TooMany(DomainError):
    """The team has as many as it may have."""

    code = "limit_reached"
    sentence = "There can be at most {most} {what}. Remove one that you no longer need."


def check_name(name: str, *, most: int) -> None:
    """Raises: NameInvalid, NameReserved."""
    if not (len(name) <= most and _NAME.fullmatch(name)):
        raise NameInvalid(name=name[:120], most=most)
    if name in RESERVED_NAMES:
        raise NameReserved(name=name)


def check_room(own: QuerySet[Row], *, team: Team, name: str, what: str, most: int) -> None:
    """Check that a team may have one more row of a name. The team's row is the lock.

    own: the team's rows. Raises: NameInvalid, NameReserved, NameTaken, TooMany.
    """
    check_name(name, most=NAME_LENGTH)
    Team.objects.select_for_update(no_key=True, of=("self",)).get(pk=team.pk)
    if own.filter(name=name).exists():
        raise NameTaken(what=what, name=name)
    if own.count() >= most:
        raise TooMany(most=most, what=f"{what}s")


def one_of(rows: QuerySet[Found], row_id: UUID, *, what: str) -> Found:
    """Return the row of an id. Raises: NotFound."""
    found = rows.filter(pk=row_id).first()
    if found is None:
        raise NotFound(what=what)
    return found


def checked_path(path: str) -> str:
    """Return a path as it is stored: without a slash in front. Raises: TargetInvalid."""
    written = path.strip().lstrip("/")
    if not written or len(written) > _PATH_LIMIT:
        too_long = f"it is longer than {_PATH_LIMIT} characters."
        reason = too_long if written else "it is empty. Name a service, such as p/openai."
        raise TargetInvalid(path=path[:120], reason=reason)
    try:
        parse_inner(written)
    except BadPath as error:
        raise TargetInvalid(path=path[:120], reason=error.message) from error
    return written


def check_key(key: dict[str, Any] | None, *, field: str) -> dict[str, Any] | None:
    """Return a routing key, None for an empty one. Raises: RoutingKeyInvalid."""
    if not key:
        return None
    plain = all(isinstance(value, str | int | float | bool) and len(str(value)) <= 200 for value in key.values())
    if len(key) > _KEY_LIMIT or not plain:
        raise RoutingKeyInvalid(field=field)
    return key
