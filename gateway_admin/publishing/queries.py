"""Reads of what has been published."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts.teams.models import TeamKind
from gateway_admin.aliases.models import Alias
from gateway_admin.api_keys.models import ApiKey
from gateway_admin.publishing.models import PublishedRecord
from marketplace.catalog.models import Service


def body(kind: str, key: str) -> Any | None:
    """Return the stored mapping of a record, or None when there is none."""
    return PublishedRecord.objects.filter(kind=kind, key=key).values_list("body", flat=True).first()


def keys_out_of_step(*, team_id: str, is_active: bool) -> list[str]:
    """Return the digests of a team's keys that are published although the team was stopped, or the other way round."""
    digests = ApiKey.objects.filter(team_id=team_id, revoked_at=None).values("digest")
    stale = PublishedRecord.objects.filter(kind="api_key", key__in=digests, body__isnull=is_active)
    return list(stale.order_by("key").values_list("key", flat=True))


def services_out_of_step(*, team_id: str, is_active: bool) -> list[Service]:
    """Return a seller's services that are published although the seller was stopped, or the other way round."""
    own = Service.objects.filter(seller_id=UUID(team_id), revision_of=None)
    by_key = {str(service.pk): service for service in own}
    stale = PublishedRecord.objects.filter(kind="service", key__in=by_key, body__isnull=is_active)
    return [by_key[key] for key in stale.order_by("key").values_list("key", flat=True)]


def aliases_out_of_step(*, team_id: str, is_active: bool) -> list[str]:
    """Return the names that a seller gave to all, published although the seller was stopped, or the other way round."""
    names = Alias.objects.live().filter(team_id=team_id, team__kind=TeamKind.SELLER).values("name")
    stale = PublishedRecord.objects.filter(kind="alias", key__in=names, body__isnull=is_active)
    return list(stale.order_by("key").values_list("key", flat=True))
