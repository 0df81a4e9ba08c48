"""Addresses in mails that open a page of a team, whatever team their reader acts for at the moment.

Only we make them: a page may not make its visitor act for another team. They open nothing by themselves: who follows
one logs in, and is a member of the team.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from accounts.teams.models import Team
from common.errors import DomainError

_SALT = "accounts.teams.link"
_SECONDS = 90 * 24 * 3600


class LinkEnded(DomainError):
    """Not an address that we made, or one that is too old."""

    code = "link_ended"
    sentence = "This link has ended. Log in, choose the team, and find there what it was about."


@dataclass(frozen=True, slots=True)
class Link:
    """path: a page of ours."""

    team_id: UUID
    path: str


def address(team: Team, path: str) -> str:
    """Return an address that opens `path` for a member of the team."""
    token = signing.dumps([str(team.pk), path], salt=_SALT)
    return settings.SITE_URL + reverse("teams:open", args=[token])


def read(token: str) -> Link:
    """Return where an address leads. Raises: LinkEnded."""
    try:
        team_id, path = signing.loads(token, salt=_SALT, max_age=_SECONDS)
    except (signing.BadSignature, ValueError):
        raise LinkEnded from None
    return Link(UUID(team_id), path)
