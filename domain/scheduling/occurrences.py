"""When a cron expression is due, by the clocks of a time zone. Source: docs/schedules.md, "Time zones"."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.cron import Cron

#: Further ahead nobody looks: an expression without a time until then never fires. A leap day falls on the same weekday
#: again after 40 years at most.
HORIZON = timedelta(days=41 * 366)
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)


def next_after(cron: Cron, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return the first time after `after` at which the expression is due, in UTC; None when there never is one.

    An expression for every hour is due whenever the clocks show it. One for certain hours is due once for every time
    that it names: the first time, when clocks show it twice; when they leap over it, as soon as they have.
    """
    return _on_steady_clocks(cron, zone, after) or _by_days(cron, zone, after)


def _on_steady_clocks(cron: Cron, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return the answer when it lies within a day and no clock is changed until then, else None."""
    offset = after.astimezone(zone).utcoffset()
    if offset is None:
        return None
    here = after.astimezone(UTC).replace(tzinfo=None) + offset
    wall = _next_wall(cron, here.replace(second=0, microsecond=0) + _MINUTE)
    if wall is None:
        return None
    due = (wall - offset).replace(tzinfo=UTC)
    is_steady = due.astimezone(zone).utcoffset() == offset
    is_first = wall.replace(tzinfo=zone).utcoffset() == offset
    return due if is_steady and is_first and due - after < _DAY else None


def _next_wall(cron: Cron, wall: datetime) -> datetime | None:
    """Return the first time from `wall` on that the expression names, on this day or the next."""
    if cron.names_day(wall.date()):
        for hour in sorted(cron.hours):
            if hour >= wall.hour:
                minutes = [each for each in cron.minutes if hour > wall.hour or each >= wall.minute]
                if minutes:
                    return wall.replace(hour=hour, minute=min(minutes))
    following = wall + _DAY
    if cron.names_day(following.date()):
        return following.replace(hour=min(cron.hours), minute=min(cron.minutes))
    return None


def _by_days(cron: Cron, zone: ZoneInfo, after: datetime) -> datetime | None:
    first = after.astimezone(zone).date() - _DAY
    found: list[datetime] = []
    for number in range(HORIZON.days):
        day = first + number * _DAY
        if day.month in cron.months and cron.names_day(day):
            found += (due for due in _on_day(cron, zone, day) if due > after)
        # clocks that are set back at midnight show a little of the day before again
        if found and number >= 2:
            break
    return min(found, default=None)


def _on_day(cron: Cron, zone: ZoneInfo, day: date) -> Iterator[datetime]:
    for hour in cron.hours:
        for minute in cron.minutes:
            yield from _at(datetime(day.year, day.month, day.day, hour, minute), zone, cron.is_hourly)  # noqa: DTZ001  a wall clock


def _at(wall: datetime, zone: ZoneInfo, is_hourly: bool) -> Iterator[datetime]:
    """Yield the instants that stand for a time on the wall."""
    readings = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    shown = [each for each in readings if each.astimezone(zone).replace(tzinfo=None) == wall]
    if is_hourly:
        yield from sorted(set(shown))
    elif shown:
        yield min(shown)
    else:
        yield _end_of_gap(min(readings), max(readings), zone)


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return when the clocks were set forward. before, after: instants around it."""
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
