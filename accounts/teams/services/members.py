"""Writes of who belongs to a team. A team has an owner as long as it has had one."""

from __future__ import annotations

from django.db import transaction

from accounts.teams.models import Membership, MessageMails, Role, Team
from accounts.users.models import User
from common.errors import DomainError, NotFound


class LastOwner(DomainError):
    """Nobody would be left who may do everything."""

    code = "last_owner"
    sentence = "{email} is the only owner of {team}. Make somebody else an owner first."


class OwnersOnly(DomainError):
    """Administrators manage everybody but owners."""

    code = "owners_only"
    sentence = "Only an owner of {team} may make, change or remove an owner. Ask one of them."


class PersonalTeam(DomainError):
    """The team that everybody has from the start."""

    code = "personal_team"
    sentence = "This is the personal team of {email}, who stays its owner."


@transaction.atomic
def add_member(*, team: Team, user: User, role: str) -> Membership:
    """Make `user` a member of `team` in `role`, or change the role."""
    member, _ = Membership.objects.update_or_create(team=team, user=user, defaults={"role": Role(role)})
    return member


@transaction.atomic
def change_role(*, team: Team, member_id: int, role: str, by: Membership) -> Membership:
    """Give a member another role. Raises: NotFound, OwnersOnly, LastOwner, PersonalTeam."""
    member = _locked(team, member_id)
    if member.role == role:
        return member
    _check(member, by, takes_ownership=Role.OWNER in {member.role, role})
    member.role = Role(role)
    member.save(update_fields=["role"])
    return member


@transaction.atomic
def remove_member(*, team: Team, member_id: int, by: Membership) -> Membership:
    """Let a member go. API keys that they made belong to the team and stay.

    Raises: NotFound, OwnersOnly, LastOwner, PersonalTeam.
    """
    member = _locked(team, member_id)
    _check(member, by, takes_ownership=member.role == Role.OWNER)
    member.delete()
    return member


@transaction.atomic
def leave(*, membership: Membership) -> None:
    """Go oneself. Raises: LastOwner, PersonalTeam."""
    member = _locked(membership.team, membership.pk)
    _check(member, member, takes_ownership=False)
    member.delete()


@transaction.atomic
def choose_mails(*, membership: Membership, message_mails: str) -> None:
    """Say which messages to a team one is mailed."""
    membership.message_mails = MessageMails(message_mails)
    membership.save(update_fields=["message_mails"])


def is_last_owner(member: Membership) -> bool:
    """Return whether a team would have no owner without this one."""
    others = Membership.objects.filter(team=member.team_id, role=Role.OWNER).exclude(pk=member.pk)
    return member.role == Role.OWNER and not others.exists()


def _locked(team: Team, member_id: int) -> Membership:
    """Return a member, while nobody else changes who belongs to the team."""
    Team.objects.select_for_update(of=("self",)).get(pk=team.pk)
    member = Membership.objects.select_related("team", "user").filter(team=team, pk=member_id).first()
    if member is None:
        raise NotFound(what="member")
    return member


def _check(member: Membership, by: Membership, *, takes_ownership: bool) -> None:
    team = member.team
    if takes_ownership and by.role != Role.OWNER:
        raise OwnersOnly(team=team)
    if team.personal_for_id == member.user_id:
        raise PersonalTeam(email=member.user.email)
    if is_last_owner(member):
        raise LastOwner(email=member.user.email, team=team)
