"""Reads of teams and memberships."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import F, Q, QuerySet

from accounts.teams.models import Invitation, Membership, MessageMails, Team
from accounts.users.models import User
from common import ports
from common.errors import NotFound


def memberships(*, user: User) -> QuerySet[Membership]:
    """Return the memberships of `user` in active teams, personal team first."""
    return (
        Membership.objects.filter(user=user, team__is_active=True)
        .select_related("team")
        .order_by(F("team__personal_for").desc(nulls_last=True), "team__name")
    )


def memberships_with_unread(*, user: User) -> QuerySet[Membership]:
    """Return the same, each with `unread`: how many threads its team has not read."""
    return memberships(user=user).annotate(unread=ports.unread_threads("team_id"))


def membership(*, user: User, team_id: UUID | str) -> Membership:
    """Return one membership. Raises: NotFound."""
    found = memberships(user=user).filter(team_id=team_id).first()
    if found is None:
        raise NotFound(what="team")
    return found


def members(*, team: Team) -> QuerySet[Membership]:
    """Return who belongs to the team, by e-mail address."""
    return Membership.objects.filter(team=team).select_related("user").order_by("user__email")


def message_readers(*, team: Team, roles: Iterable[str], writers: Collection[UUID]) -> list[str]:
    """Return who is mailed a message to a team. writers: the people who wrote in its conversation before."""
    wanted = Q(message_mails=MessageMails.ALL) | Q(message_mails=MessageMails.OWN, user__in=writers)
    people = Membership.objects.filter(wanted, team=team, role__in=list(roles), user__is_active=True)
    return list(people.order_by("user__email").values_list("user__email", flat=True))


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
