"""Writes of teams and memberships."""

from __future__ import annotations

import re
import secrets
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction

from accounts.teams.models import Membership, Role, Team, TeamKind
from accounts.users.models import User
from common import ports
from common.errors import DomainError

#: Of a person's name, so much stands in the name of the team that is theirs alone.
_LONGEST_STEM = 180
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?", re.ASCII)


class TeamNameTaken(DomainError):
    """Another team has the name."""

    code = "name_taken"
    sentence = "The team name {name!r} is taken. Choose another one."


class TeamNameInvalid(DomainError):
    """The name has other characters than names may have."""

    code = "invalid_name"
    sentence = (
        "{name!r} is not a team name. Use letters, digits, '.', '-' and '_', "
        "beginning and ending with a letter or digit."
    )


class UnknownTimeZone(DomainError):
    """Not a name of the IANA database."""

    code = "unknown_time_zone"
    sentence = "{name!r} is no time zone. Write it as in Europe/Oslo."


@transaction.atomic
def create(*, kind: str, name: str, owner: User | None = None, display_name: str = "", contact_email: str = "") -> Team:
    """Create a team, with `owner` as its owner. Raises: TeamNameInvalid, TeamNameTaken."""
    check_name(name)
    team = Team.objects.create(
        kind=TeamKind(kind), name=name, display_name=display_name, contact_email=contact_email.lower()
    )
    if owner is not None:
        Membership.objects.create(team=team, user=owner, role=Role.OWNER)
    return team


def check_name(name: str) -> None:
    """Say whether a new team can be called so. Raises: TeamNameInvalid, TeamNameTaken."""
    if not _NAME.fullmatch(name):
        raise TeamNameInvalid(name=name)
    if Team.objects.filter(name__iexact=name).exists():
        raise TeamNameTaken(name=name)


@transaction.atomic
def create_personal(*, user: User) -> Team:
    """Give a new user the customer team that is theirs alone."""
    stem = re.sub(r"[^a-z0-9]+", "-", user.email.split("@")[0].lower()).strip("-") or "customer"
    team = create(
        kind=TeamKind.CUSTOMER,
        name=f"{stem[:40]}-{secrets.token_hex(3)}",
        owner=user,
        display_name=f"{user.get_short_name()[:_LONGEST_STEM]} (personal)",
        contact_email=user.email,
    )
    team.personal_for = user
    team.save(update_fields=["personal_for"])
    return team


#: What a profile says but this table does not keep: it needs encryption of its own.
_NOT_KEPT = {"tax_id"}


@transaction.atomic
def set_profile(*, team: Team, profile: dict[str, Any]) -> Team:
    """Let a seller's file say who they are. What only operators may set is not in it."""
    team.profile = {name: value for name, value in profile.items() if name not in _NOT_KEPT}
    team.display_name = profile.get("display_name") or team.display_name
    team.contact_email = (profile.get("contact_email") or team.contact_email).lower()
    team.save(update_fields=["profile", "display_name", "contact_email"])
    return team


@transaction.atomic
def describe(*, team: Team, display_name: str, contact_email: str, timezone: str) -> Team:
    """Say how people see a team, where they write to it, and in which time zone its months are.

    A month that has begun ends in the zone in which it began. Raises: UnknownTimeZone.
    """
    if timezone not in available_timezones():
        raise UnknownTimeZone(name=timezone)
    team.display_name, team.contact_email, team.timezone = display_name.strip(), contact_email.lower(), timezone
    team.save(update_fields=["display_name", "contact_email", "timezone"])
    return team


@transaction.atomic
def deactivate(*, team: Team) -> Team:
    """Stop a team: its members no longer act for it, its keys are refused within a second. Nothing of it is lost."""
    return _set_active(team, is_active=False)


@transaction.atomic
def activate(*, team: Team) -> Team:
    """Let a stopped team work again, with the keys that it had."""
    return _set_active(team, is_active=True)


def _set_active(team: Team, *, is_active: bool) -> Team:
    team = Team.objects.select_for_update(of=("self",)).get(pk=team.pk)
    team.is_active = is_active
    team.save(update_fields=["is_active"])
    ports.publish("customer", str(team.pk))
    return team
