"""How often a call is made: once, at an interval, or by a cron expression; read from what APIs and pages say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from domain import cron
from domain.cron import Cron
from domain.scheduling import occurrences

MIN_INTERVAL_SECONDS = 60
MAX_INTERVAL_SECONDS = 7 * 86_400
#: The pace of an expression is judged by that many of its times, and by none that is further ahead.
_TIMES_LOOKED_AT = 200
_LOOKED_AHEAD = timedelta(days=3660)


class BadSchedule(ValueError):
    """Not a schedule. field: the member that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        self.field, self.message = field, message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Limits:
    """How often a service may be called by a schedule."""

    shortest_seconds: int = MIN_INTERVAL_SECONDS
    longest_seconds: int = MAX_INTERVAL_SECONDS
    allows_cron: bool = True

    def and_(self, other: Limits) -> Limits:
        """Return what fits both."""
        return Limits(
            max(self.shortest_seconds, other.shortest_seconds),
            min(self.longest_seconds, other.longest_seconds),
            self.allows_cron and other.allows_cron,
        )


@dataclass(frozen=True, slots=True)
class Once:
    """A single time. at: None when only the schedule's own due time knows it."""

    at: datetime | None = None

    def next_after(self, due: datetime, after: datetime) -> datetime | None:
        """Return None: there is no second time."""
        return None

    def first(self, now: datetime) -> datetime | None:
        """Return the time."""
        return self.at

    def to_json(self) -> dict[str, Any]:
        """Return it as the customers' API shows it."""
        return {"schedule_type": "once"} | ({"at": self.at.isoformat()} if self.at else {})


@dataclass(frozen=True, slots=True)
class Interval:
    """Every so many seconds of elapsed time, whatever clocks say."""

    seconds: int

    def next_after(self, due: datetime, after: datetime) -> datetime | None:
        """Return the first time after `after` on the grid that `due` is on."""
        step = timedelta(seconds=self.seconds)
        if after < due:
            return due
        return due + ((after - due) // step + 1) * step

    def first(self, now: datetime) -> datetime | None:
        """Return one interval from now."""
        return now + timedelta(seconds=self.seconds)

    def to_json(self) -> dict[str, Any]:
        """Return it as the customers' API shows it."""
        return {"schedule_type": "interval", "interval_seconds": self.seconds}


@dataclass(frozen=True, slots=True)
class ByClock:
    """By a cron expression, on the clocks of a zone."""

    cron: Cron
    zone: ZoneInfo

    def next_after(self, due: datetime, after: datetime) -> datetime | None:
        """Return the first time after `after`."""
        return occurrences.next_after(self.cron, self.zone, after)

    def first(self, now: datetime) -> datetime | None:
        """Return the first time from now."""
        return occurrences.next_after(self.cron, self.zone, now)

    def to_json(self) -> dict[str, Any]:
        """Return it as the customers' API shows it."""
        return {"schedule_type": "cron", "cron_expression": self.cron.text, "timezone": self.zone.key}


Cadence = Once | Interval | ByClock


def read(schedule: Mapping[str, Any]) -> Cadence:
    """Return the cadence that a mapping of the API means. Raises BadSchedule."""
    kind = schedule.get("schedule_type")
    if kind == "interval":
        return Interval(_seconds(schedule.get("interval_seconds")))
    if kind == "cron":
        expression = schedule.get("cron_expression")
        return by_clock(expression if isinstance(expression, str) else "", schedule.get("timezone") or "UTC")
    if kind == "once":
        return Once(_time(schedule["at"]) if schedule.get("at") is not None else None)
    raise BadSchedule("schedule_type", 'A schedule has the schedule_type "interval" or "cron".')


def by_clock(expression: str, zone: object) -> ByClock:
    """Return a cadence by the clock. Raises BadSchedule."""
    try:
        read_cron = cron.parse(expression)
    except cron.BadCron as error:
        raise BadSchedule("cron_expression", f"{error.message} Example: */10 * * * *") from error
    if not isinstance(zone, str) or zone not in available_timezones():
        raise BadSchedule("timezone", f"{str(zone)[:60]!r} is not a time zone. Name one such as Europe/Berlin or UTC.")
    return ByClock(read_cron, ZoneInfo(zone))


def check(cadence: Cadence, limits: Limits, now: datetime) -> None:
    """Raise BadSchedule unless a cadence keeps the limits, and fires at all."""
    if isinstance(cadence, Interval):
        _check_pace(cadence.seconds, cadence.seconds, "interval_seconds", limits)
    elif isinstance(cadence, ByClock):
        if not limits.allows_cron:
            message = "This service takes no cron expressions. Choose an interval."
            raise BadSchedule("cron_expression", message)
        gaps = list(_gaps(cadence, now))
        if not gaps:
            raise BadSchedule("cron_expression", "This expression names no time that ever comes. Mend its day.")
        _check_pace(min(gaps), 0, "cron_expression", limits)


def times(cadence: Cadence, first: datetime | None, many: int) -> list[datetime]:
    """Return up to so many times, from the first one on."""
    found: list[datetime] = []
    while first is not None and len(found) < many:
        found.append(first)
        first = cadence.next_after(first, first)
    return found


def count_between(cadence: Cadence, start: datetime, end: datetime, *, most: int = 50_000) -> int:
    """Return how many times lie after `start` and up to `end`."""
    if isinstance(cadence, Interval):
        return (end - start) // timedelta(seconds=cadence.seconds)
    due, count = cadence.first(start), 0
    while due is not None and due <= end and count < most:
        due, count = cadence.next_after(due, due), count + 1
    return count


def _gaps(cadence: ByClock, now: datetime) -> Iterator[float]:
    """Yield the seconds between neighbouring times; a single time yields more than any limit."""
    found: list[datetime] = []
    due = cadence.first(now)
    while due is not None and due - now <= _LOOKED_AHEAD and len(found) < _TIMES_LOOKED_AT:
        found.append(due)
        due = cadence.next_after(due, due)
    if len(found) == 1:
        yield float("inf")
    yield from ((later - earlier).total_seconds() for earlier, later in pairwise(found))


def _check_pace(shortest: float, longest: float, field: str, limits: Limits) -> None:
    if shortest < limits.shortest_seconds:
        message = (
            f"This calls more often than every {in_words(limits.shortest_seconds)}, the most that is allowed here."
        )
        raise BadSchedule(field, f"{message} Leave more time between two calls.")
    if longest > limits.longest_seconds:
        message = f"An interval has at most {in_words(limits.longest_seconds)} here. Choose a shorter one"
        raise BadSchedule(field, f"{message}, or a cron expression." if limits.allows_cron else f"{message}.")


def in_words(seconds: int) -> str:
    """Return a duration for people. 300 -> "5 minutes"; 1 -> "second"; 5400 -> "90 minutes"."""
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0 and seconds >= size:
            count = seconds // size
            return name if count == 1 else f"{count} {name}s"
    return f"{seconds} seconds"


def _seconds(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadSchedule("interval_seconds", "interval_seconds is a whole number of seconds, such as 300.")
    return value


def _time(value: object) -> datetime:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise BadSchedule("at", "Write the time with its offset, such as 2030-01-31T08:00:00+01:00 or with Z.")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise BadSchedule("at", "This time is out of reach. Give another one.") from error
