"""Call tokens for a team: what the platform calls the gateway with when a customer, or a schedule of theirs, asks."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings

from accounts.teams import permissions, queries
from accounts.teams.models import Team
from accounts.teams.permissions import Permission
from accounts.users.models import User
from common.errors import DomainError
from domain import call_tokens
from domain.call_tokens import CallToken, Purpose


class TeamClosed(DomainError):
    """An account that was closed makes no calls."""

    code = "account_closed"
    sentence = "This account may not make calls now. Write to support."


def issue(
    *,
    team: Team,
    user: User | None,
    purpose: Purpose,
    reference: UUID,
    now: datetime,
    lifetime: timedelta,
    service_id: UUID | None = None,
    cap: Decimal | None = None,
) -> str:
    """Return a token for calls of `team`, with the rights that `user` has at this moment.

    user: who asked for the calls; None for a key of no person. cap: in the currency of the wallet.
    Raises: TeamClosed, NotFound for one who has left the team, PermissionDenied.
    """
    if not team.is_active:
        raise TeamClosed
    if user is not None:
        permissions.check(queries.membership(user=user, team_id=team.pk).role, Permission.CALL)
    token = CallToken(
        team_id=str(team.pk),
        purpose=purpose,
        reference=str(reference),
        expires_at=(now + lifetime).timestamp(),
        user_id=str(user.pk) if user is not None else None,
        service_id=str(service_id) if service_id is not None else None,
        cap=cap,
    )
    return call_tokens.mint(token, settings.API_KEY_PEPPER.encode())
