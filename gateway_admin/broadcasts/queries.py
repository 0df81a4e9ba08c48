"""Reads of broadcasts, from the team."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from accounts.teams.models import Team
from domain.routing import snapshot
from gateway_admin import named
from gateway_admin.broadcasts.models import Broadcast, BroadcastTarget


def broadcasts(*, team: Team) -> QuerySet[Broadcast]:
    """Return a team's broadcasts by name, each with its targets."""
    return Broadcast.objects.filter(team=team).select_related("team").prefetch_related("targets").order_by("name")


def broadcast(*, team: Team, broadcast_id: UUID) -> Broadcast:
    """Return one broadcast. Raises: NotFound."""
    return named.one_of(broadcasts(team=team), broadcast_id, what="broadcast")


def target(*, broadcast: Broadcast, target_id: UUID) -> BroadcastTarget:
    """Return one target of a broadcast. Raises: NotFound."""
    return named.one_of(broadcast.targets.all(), target_id, what="target")


def lock_broadcast(broadcast: Broadcast) -> Broadcast:
    """Return the broadcast as it is now, locked."""
    return Broadcast.objects.select_for_update(of=("self",)).select_related("team").get(pk=broadcast.pk)


def record(broadcast: Broadcast) -> snapshot.BroadcastRecord:
    """Return a broadcast as the gateway knows it."""
    return snapshot.BroadcastRecord(
        id=str(broadcast.pk),
        name=broadcast.name,
        targets=tuple(
            snapshot.BroadcastTarget(
                name=each.name, target_path=each.target_path, routing_key_override=each.routing_key_override
            )
            for each in broadcast.targets.all()
        ),
        mode=broadcast.mode,  # type: ignore[arg-type]  # a constraint keeps it to these words
        policy=broadcast.policy,  # type: ignore[arg-type]
        quorum=broadcast.quorum,
        target_timeout_ms=broadcast.target_timeout_ms,
        enabled=broadcast.enabled,
    )
