"""Writes of invitations: a link by mail, good for a week and for the address that it was sent to."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.teams.models import Invitation, Membership, Role, Team
from accounts.teams.services.members import OwnersOnly, add_member
from accounts.users.models import User
from common.errors import DomainError, NotFound

LIFETIME = timedelta(days=7)
MOST_OPEN = 50


class AlreadyMember(DomainError):
    """The address belongs to somebody who is in."""

    code = "already_member"
    sentence = "{email} is a member of {team} already. Change the role in the list instead."


class TooManyInvitations(DomainError):
    """Nobody sends mails to the world from here."""

    code = "too_many_invitations"
    sentence = "{team} has {most} open invitations. Withdraw some, or wait until they are accepted."


class InvitationGone(DomainError):
    """Used, withdrawn, too old, or never made: the four are told apart by nobody."""

    code = "invitation_gone"
    sentence = "This invitation is no longer good. Ask whoever invited you for a new one."


class OtherAddress(DomainError):
    """The link was passed on."""

    code = "other_address"
    sentence = "This invitation is for {email}. Log in with that address, or add it to your account and verify it."


@transaction.atomic
def invite(*, team: Team, email: str, role: str, by: Membership, now: datetime) -> tuple[Invitation, str]:
    """Ask an address to join, anew when it was asked before; return the invitation and the word of its link.

    Raises: OwnersOnly, AlreadyMember, TooManyInvitations.
    """
    email = email.strip().lower()
    if role == Role.OWNER and by.role != Role.OWNER:
        raise OwnersOnly(team=team)
    Team.objects.select_for_update(of=("self",)).get(pk=team.pk)
    if Membership.objects.filter(team=team, user__email__iexact=email).exists():
        raise AlreadyMember(email=email, team=team)
    Invitation.objects.filter(team=team, email=email, accepted_at=None).delete()
    if Invitation.objects.filter(team=team, accepted_at=None, expires_at__gt=now).count() >= MOST_OPEN:
        raise TooManyInvitations(team=team, most=MOST_OPEN)
    word = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        team=team,
        email=email,
        role=Role(role),
        digest=digest(word),
        invited_by=by.user,
        expires_at=now + LIFETIME,
    )
    return invitation, word


@transaction.atomic
def accept(*, word: str, user: User, now: datetime) -> Membership:
    """Join. Who is a member keeps the role that they have. Raises: InvitationGone, OtherAddress."""
    invitation = Invitation.objects.select_for_update(of=("self",)).select_related("team").filter(digest=digest(word))
    found = invitation.first()
    if found is None or not found.is_open(now) or not found.team.is_active:
        raise InvitationGone
    if not _is_theirs(found.email, user):
        raise OtherAddress(email=found.email)
    found.accepted_at = now
    found.save(update_fields=["accepted_at"])
    member = Membership.objects.filter(team=found.team, user=user).first()
    return member or add_member(team=found.team, user=user, role=found.role)


@transaction.atomic
def revoke(*, team: Team, invitation_id: str) -> Invitation:
    """Withdraw an invitation that nobody has accepted. Raises: NotFound."""
    found = Invitation.objects.filter(team=team, pk=invitation_id, accepted_at=None).first()
    if found is None:
        raise NotFound(what="invitation")
    found.delete()
    return found


def digest(word: str) -> str:
    """Return what is kept of the word in a link."""
    return hashlib.sha256(word.encode()).hexdigest()


def _is_theirs(email: str, user: User) -> bool:
    """Return whether a person logs in with an address, or has shown that it is theirs; the link itself came there."""
    others = EmailAddress.objects.filter(user=user, email__iexact=email, verified=True)
    return user.email.lower() == email or others.exists()
