"""Reads of API keys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.teams.models import Team
from common.errors import NotFound
from domain import api_keys
from gateway_admin.api_keys.models import ApiKey


def keys(*, team: Team) -> QuerySet[ApiKey]:
    """Return the keys of a team, newest first, revoked ones included."""
    return ApiKey.objects.filter(team=team).select_related("created_by")


def key(*, team: Team, key_id: UUID | str) -> ApiKey:
    """Return one key of the team. Raises: NotFound."""
    found = keys(team=team).filter(pk=key_id).first()
    if found is None:
        raise NotFound(what="API key")
    return found


def live_keys(*, team: Team, now: datetime) -> QuerySet[ApiKey]:
    """Return the keys of a team that open something now."""
    unlimited_or_later = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    return ApiKey.objects.filter(unlimited_or_later, team=team, revoked_at__isnull=True)


def authenticate(raw: str, now: datetime) -> ApiKey | None:
    """Return the live key that `raw` is, or None. A key with a wrong checksum costs no look-up."""
    if not api_keys.is_well_formed(raw):
        return None
    digest = api_keys.digest(raw, settings.API_KEY_PEPPER.encode())
    found = ApiKey.objects.select_related("team", "created_by").filter(digest=digest, team__is_active=True).first()
    return found if found and found.is_live(now) else None
