"""What a schedule will do: in words, its next times on two clocks, and what a month of it costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from accounts.teams.models import Team
from domain.routing import recurrence
from domain.scheduling import cadences, wording
from domain.scheduling.cadences import BadSchedule, Limits, Once
from gateway_admin.planning import queries as planning
from gateway_admin.planning.queries import Asked, Planned

Json = dict[str, Any]
_SHOWN = 5
_MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time on the clocks of a zone and in UTC."""

    here: datetime
    utc: datetime


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call costs at most, and so many of them in 30 days."""

    call: Decimal
    month: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """problem: why it cannot run like this, "" when it can. runs: in 30 days."""

    words: str
    zone: str
    moments: tuple[Moment, ...]
    runs: int
    costs: tuple[Cost, ...]
    problem: str = ""


def outlook(
    *, team: Team, schedule: Json, path: str, method: str, body: Json | None, zone: str, now: datetime
) -> Outlook:
    """Return what would come of a schedule. Nothing is sent."""
    planned = planning.plan(team=team, asked=Asked(path=path.lstrip("/"), method=method, body=body)) if path else None
    try:
        cadence = cadences.read(schedule)
        if planned is not None and planned.node is not None and not isinstance(cadence, Once):
            cadences.check(cadence, recurrence.limits(planned.node), now)
        elif not isinstance(cadence, Once):
            cadences.check(cadence, Limits(), now)
    except BadSchedule as error:
        return Outlook("", zone, (), 0, (), error.message)
    first = cadence.first(now)
    moments = _moments(cadences.times(cadence, first, _SHOWN), zone)
    runs = 1 if isinstance(cadence, Once) else cadences.count_between(cadence, now, now + _MONTH)
    problem = planned.refusal.message if planned is not None and planned.refusal is not None else ""
    return Outlook(wording.described(cadence), zone, moments, runs, _costs(planned, runs), problem)


def upcoming(schedule: Json | None, due_at: datetime | None, zone: str) -> tuple[Moment, ...]:
    """Return the next times of a schedule that is at work."""
    if schedule is None or due_at is None:
        return ()
    return _moments(cadences.times(cadences.read(schedule), due_at, _SHOWN), zone)


def _moments(times: Iterable[datetime], zone: str) -> tuple[Moment, ...]:
    return tuple(Moment(each.astimezone(ZoneInfo(zone)), each.astimezone(UTC)) for each in times)


def _costs(planned: Planned | None, runs: int) -> tuple[Cost, ...]:
    if planned is None or planned.refusal is not None:
        return ()
    said = planned.explained.get("cost", {})
    return tuple(Cost(Decimal(amount), Decimal(amount) * runs, currency) for currency, amount in said.items())
