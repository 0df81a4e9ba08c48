"""Reads of teams and memberships."""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.db.models import F, QuerySet

from accounts.teams.models import Invitation, Membership, Team
from accounts.users.models import User
from common.errors import NotFound


def memberships(*, user: User) -> QuerySet[Membership]:
    """Return the memberships of `user` in active teams, personal team first."""
    return (
        Membership.objects.filter(user=user, team__is_active=True)
        .select_related("team")
        .order_by(F("team__personal_for").desc(nulls_last=True), "team__name")
    )


def membership(*, user: User, team_id: UUID | str) -> Membership:
    """Return one membership. Raises: NotFound."""
    found = memberships(user=user).filter(team_id=team_id).first()
    if found is None:
        raise NotFound(what="team")
    return found


def members(*, team: Team) -> QuerySet[Membership]:
    """Return who belongs to the team, by e-mail address."""
    return Membership.objects.filter(team=team).select_related("user").order_by("user__email")


def team_by_name(name: str) -> Team:
    """Return a team by its name. Raises: NotFound."""
    found = Team.objects.filter(name__iexact=name).first()
    if found is None:
        raise NotFound(what="team")
    return found


def invitations(*, team: Team) -> QuerySet[Invitation]:
    """Return who was asked to join and has not answered, by e-mail address."""
    return Invitation.objects.filter(team=team, accepted_at=None).select_related("invited_by").order_by("email")


def invitation(*, word: str) -> Invitation | None:
    """Return the invitation that a link's word opens."""
    digest = hashlib.sha256(word.encode()).hexdigest()
    return Invitation.objects.select_related("team", "invited_by").filter(digest=digest).first()
