"""Writes of API keys."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from accounts.teams.models import Role, Team
from accounts.users.models import User
from billing.wallets import services as wallets
from common import ports
from common.errors import DomainError
from domain import api_keys
from gateway_admin.api_keys.models import ApiKey


class ExpiryInThePast(DomainError):
    """The key would be dead on arrival."""

    code = "invalid_expiry"
    sentence = "The expiry {expires_at} is not in the future. Choose a later time, or none."


@transaction.atomic
def issue(
    *, team: Team, role: str, name: str, by: User | None, now: datetime, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Create a key and return it with the only copy of its text.

    Raises: ExpiryInThePast.
    """
    if expires_at is not None and expires_at <= now:
        raise ExpiryInThePast(expires_at=expires_at.isoformat())
    if not team.is_seller:
        wallets.open(team=team)
    raw = api_keys.new_key()
    key = ApiKey.objects.create(
        team=team,
        role=Role(role),
        name=name.strip() or "API key",
        prefix=api_keys.shown_prefix(raw),
        digest=api_keys.digest(raw, settings.API_KEY_PEPPER.encode()),
        created_by=by,
        expires_at=expires_at,
    )
    ports.publish("api_key", key.digest)
    return key, raw


@transaction.atomic
def revoke(*, key: ApiKey, now: datetime) -> ApiKey:
    """Refuse the key from now on, at every gateway within a second. A second call changes nothing."""
    key = ApiKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
    if key.revoked_at is None:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
        ports.publish("api_key", key.digest)
    return key
