"""The days' upkeep: partitions made and dropped, large bodies put together, what teams keep for less time removed."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models import Exists, Min, Model, OuterRef, Q

from accounts.teams.models import Team
from common.storage.objects import objects
from gateway_admin.request_logs import bodies, ids, retention
from gateway_admin.request_logs.models import BodyPart, KeptBodies, LogSetting, RequestLog

logger = logging.getLogger(__name__)

_AHEAD_DAYS = 7
_ROWS_AT_ONCE, _OBJECTS_AT_ONCE = 10_000, 500
#: How long the pieces of a body may be apart on their way.
_GATHERING = timedelta(hours=1)
#: After that, pieces without a row are nobody's.
_ABANDONED = timedelta(days=1)
_IN_PARTS = Q(request_parts__gt=0, request_object="") | Q(response_parts__gt=0, response_object="")
_NO_PARTS = {"request_parts": 0, "response_parts": 0}
_PARTS_LOST = "Parts of it did not arrive, so none of it is kept."


@dataclass(frozen=True, slots=True)
class Upkeep:
    """made: days that have new partitions; dropped: partitions; removed: rows of teams that keep less."""

    made: int
    dropped: int
    removed: int


def keep_up(*, now: datetime) -> Upkeep:
    """Make the partitions of the coming week, and let go of what has been kept for long enough."""
    today = now.date()
    made = sum(_make_day(today + timedelta(days=ahead)) for ahead in range(-1, _AHEAD_DAYS + 1))
    longest = retention.longest()
    removed = _remove_objects(now - timedelta(days=longest.body_days))
    removed += sum(_remove_of_team(team_id, now) for team_id in _teams_with_old_rows(now))
    dropped = _drop_days("request_logs_keptbodies", longest.bodies_since(now).date())
    dropped += _drop_days("request_logs_requestlog", longest.rows_since(now).date())
    BodyPart.objects.filter(received_at__lt=now - _ABANDONED).delete()
    done = Upkeep(made, dropped, removed)
    logger.info("request_log.upkeep made=%d dropped=%d removed=%d", made, dropped, removed)
    return done


def store_bodies(*, now: datetime, limit: int = 200) -> int:
    """Put large bodies together, each into an object. Returns how many were. Run twice it changes nothing more."""
    found = KeptBodies.objects.filter(_IN_PARTS).order_by("-pk").values_list("pk", flat=True)[:limit]
    return sum(_store_both(pk, now) for pk in list(found))


@transaction.atomic
def _store_both(pk: UUID, now: datetime) -> int:
    kept = KeptBodies.objects.select_for_update(skip_locked=True).filter(_IN_PARTS, pk=pk).first()
    return 0 if kept is None else sum(_store(kept, side, now) for side in bodies.SIDES)


def _store(kept: KeptBodies, side: str, now: datetime) -> bool:
    """Put one body together, if it has parts and all of them are here."""
    count = getattr(kept, f"{side}_parts")
    if not count or getattr(kept, f"{side}_object"):
        return False
    parts = BodyPart.objects.filter(log_id=kept.pk, side=side).order_by("number")
    pieces = [bytes(piece) for piece in parts.values_list("bytes", flat=True)]
    if len(pieces) < count:
        if ids.moment(kept.pk) < now - _GATHERING:
            KeptBodies.objects.filter(pk=kept.pk).update(**{f"{side}_parts": 0, f"{side}_why_not": _PARTS_LOST})
        return False
    name = bodies.object_name(kept, side)
    bodies.delete_objects([name])  # of a run that did not end: a name is not used twice
    saved = objects().save(name, ContentFile(b"".join(pieces)))
    KeptBodies.objects.filter(pk=kept.pk).update(**{f"{side}_object": saved})
    parts.delete()
    return True


def _teams_with_old_rows(now: datetime) -> list[UUID]:
    """Return the teams that have rows or bodies which somebody may not keep so long."""
    asked = LogSetting.objects.aggregate(rows=Min("keep_days"), bodies=Min("keep_bodies_days"))
    given = retention.shortest()
    days = min(given.days, asked["rows"] or given.days)
    body_days = min(given.body_days, asked["bodies"] or given.body_days)
    rows = RequestLog.objects.filter(team_id=OuterRef("pk"), pk__lt=ids.bound(now - timedelta(days=days)))
    kept = KeptBodies.objects.filter(team_id=OuterRef("pk"), pk__lt=ids.bound(now - timedelta(days=body_days)))
    return list(Team.objects.filter(Exists(rows) | Exists(kept)).values_list("pk", flat=True))


def _remove_of_team(team_id: UUID, now: datetime) -> int:
    """Delete what a team keeps no longer, while the days that it is in go on for others."""
    holds = retention.of_team(team_id, LogSetting.objects.filter(pk=team_id).first())
    removed = _remove_objects(holds.bodies_since(now), team_id=team_id)
    removed += _delete(KeptBodies, team_id, holds.bodies_since(now))
    return removed + _delete(RequestLog, team_id, holds.rows_since(now))


def _delete(model: type[Model], team_id: UUID, before: datetime) -> int:
    """Delete in pieces, so that no transaction holds up the others for long."""
    total = 0
    while True:
        old = model._default_manager.filter(team_id=team_id, pk__lt=ids.bound(before)).order_by("pk")
        keys = list(old.values_list("pk", flat=True)[:_ROWS_AT_ONCE])
        if not keys:
            return total
        total += model._default_manager.filter(pk__in=keys).delete()[0]


def _remove_objects(before: datetime, *, team_id: UUID | None = None) -> int:
    """Delete the objects of bodies that are older. Their rows go after them, never before."""
    total = 0
    while True:
        rows = KeptBodies.objects.filter(~Q(request_object="") | ~Q(response_object=""), pk__lt=ids.bound(before))
        if team_id is not None:
            rows = rows.filter(team_id=team_id)
        found = list(rows.order_by("pk")[:_OBJECTS_AT_ONCE])
        if not found:
            return total
        for kept in found:
            bodies.delete_objects(bodies.object_names(kept))
        keys = [kept.pk for kept in found]
        total += KeptBodies.objects.filter(pk__in=keys).update(request_object="", response_object="", **_NO_PARTS)


def _make_day(day: date) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT request_log_make_day(%s)", [day])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def _drop_days(table: str, before: date) -> int:
    with connection.cursor() as cursor:
        # whoever writes now waits behind a lock that we wait for: better the next round
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        cursor.execute("SELECT request_log_drop_days(%s, %s)", [table, before])
        return len(cursor.fetchall())
