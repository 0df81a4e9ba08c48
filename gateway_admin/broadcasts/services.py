"""Writes of broadcasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from common import ports
from gateway_admin import named
from gateway_admin.broadcasts import queries
from gateway_admin.broadcasts.models import Broadcast, BroadcastTarget

MOST_BROADCASTS = 100
MOST_TARGETS = 20
_FIELDS = ("description", "mode", "policy", "quorum", "target_timeout_ms", "enabled")


@dataclass(frozen=True, slots=True)
class TargetContent:
    """What is said of a target. routing_key_override: what it is asked for instead."""

    name: str
    target_path: str
    routing_key_override: dict[str, Any] | None = None
    sort_order: int = 0


@transaction.atomic
def create(
    *,
    team: Team,
    name: str,
    by: User | None,
    now: datetime,
    targets: Sequence[TargetContent] = (),
    **content: Any,
) -> Broadcast:
    """Make a broadcast, with targets or without.

    content: description, mode, policy, quorum, target_timeout_ms, enabled.
    Raises: NameInvalid, NameReserved, NameTaken, TooMany, and as set_targets.
    """
    named.check_room(queries.broadcasts(team=team), team=team, name=name, what="broadcast", most=MOST_BROADCASTS)
    given = {field: content[field] for field in _FIELDS if content.get(field) is not None}
    broadcast = Broadcast.objects.create(team=team, name=name, created_by=by, updated_at=now, **given)
    return set_targets(broadcast=broadcast, targets=targets, now=now)


@transaction.atomic
def update(*, broadcast: Broadcast, changes: dict[str, Any], now: datetime) -> Broadcast:
    """Change what is given of description, mode, policy, quorum, target_timeout_ms, enabled."""
    broadcast = queries.lock_broadcast(broadcast)
    for field in _FIELDS:
        if changes.get(field) is not None:
            setattr(broadcast, field, changes[field])
    return _saved(broadcast, now)


@transaction.atomic
def rewrite(
    *, broadcast: Broadcast, changes: dict[str, Any], targets: Sequence[TargetContent], now: datetime
) -> Broadcast:
    """Change what is given, as `update`, and make `targets` the whole of the broadcast: both or neither.

    Raises: as set_targets.
    """
    return set_targets(broadcast=update(broadcast=broadcast, changes=changes, now=now), targets=targets, now=now)


@transaction.atomic
def delete(*, broadcast: Broadcast) -> None:
    """Remove a broadcast: calls to it are answered with 404 from then on."""
    team_id, name = broadcast.team_id, broadcast.name
    queries.lock_broadcast(broadcast).delete()
    ports.publish("broadcast", f"{team_id}/{name}")


@transaction.atomic
def set_targets(*, broadcast: Broadcast, targets: Sequence[TargetContent], now: datetime) -> Broadcast:
    """Make `targets` the whole of a broadcast. Raises: TargetInvalid, RoutingKeyInvalid, NameTaken, TooMany."""
    broadcast = queries.lock_broadcast(broadcast)
    if len(targets) > MOST_TARGETS:
        raise named.TooMany(most=MOST_TARGETS, what="targets of a broadcast")
    names = [each.name for each in targets]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise named.NameTaken(what="target", name=twice)
    broadcast.targets.all().delete()
    BroadcastTarget.objects.bulk_create(_filled(broadcast, each) for each in targets)
    return _saved(broadcast, now)


@transaction.atomic
def add_target(*, broadcast: Broadcast, target: TargetContent, now: datetime) -> BroadcastTarget:
    """Add one target. Raises: as set_targets."""
    broadcast = queries.lock_broadcast(broadcast)
    if broadcast.targets.filter(name=target.name).exists():
        raise named.NameTaken(what="target", name=target.name)
    if broadcast.targets.count() >= MOST_TARGETS:
        raise named.TooMany(most=MOST_TARGETS, what="targets of a broadcast")
    made = _filled(broadcast, target)
    made.save(force_insert=True)
    _saved(broadcast, now)
    return made


@transaction.atomic
def remove_target(*, broadcast: Broadcast, target: BroadcastTarget, now: datetime) -> None:
    """Take a target out."""
    broadcast = queries.lock_broadcast(broadcast)
    target.delete()
    _saved(broadcast, now)


def _filled(broadcast: Broadcast, content: TargetContent) -> BroadcastTarget:
    return BroadcastTarget(
        broadcast=broadcast,
        name=content.name,
        target_path=named.checked_path(content.target_path),
        routing_key_override=named.check_key(content.routing_key_override, field="routing_key_override"),
        sort_order=content.sort_order,
    )


def _saved(broadcast: Broadcast, now: datetime) -> Broadcast:
    broadcast.updated_at = now
    broadcast.save()
    ports.publish("broadcast", f"{broadcast.team_id}/{broadcast.name}")
    return queries.broadcast(team=broadcast.team, broadcast_id=broadcast.pk)
