"""The rules of docs/schedules.md once more, by looking at every minute: slow, and without the cleverness of the code.

The expression is read by its own small reader too: a time fits or does not.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

MINUTE = timedelta(minutes=1)
YEARS = range(2025, 2036)


def fits(expression: str, wall: datetime) -> bool:
    """Return whether a time on the wall is one that the expression names."""
    minute, hour, day, month, weekday = expression.split()
    by_date, by_weekday = _in(day, wall.day, 1), _in(weekday, wall.isoweekday() % 7)
    is_day = by_date or by_weekday if day[0] != "*" and weekday[0] != "*" else by_date and by_weekday
    return _in(minute, wall.minute) and _in(hour, wall.hour) and _in(month, wall.month, 1) and is_day


@cache
def _in(field: str, value: int, least: int = 0) -> bool:
    for part in field.split(","):
        span, _, step = part.partition("/")
        low, _, high = span.partition("-")
        first = least if span == "*" else int(low)
        last = 99 if span == "*" or (step and not high) else int(high or low)
        if first <= value <= last and (value - first) % int(step or 1) == 0:
            return True
    return False


def times(expression: str, zone: ZoneInfo, start: datetime, end: datetime) -> list[datetime]:
    """Return when the expression is due in (start, end]; start and end are whole minutes in UTC.

    Walk over the minutes and look at the clock on the wall. One for every hour is due whenever the clock shows a time
    that fits. One for certain hours is due when the clock shows such a time that it has not shown before, and at the
    first minute after a leap over such a time.
    """
    is_hourly = all(_in(expression.split()[1], hour) for hour in range(24))
    due, shown = [], set()
    clock = _clock(zone, start - timedelta(hours=30), end)
    for (_, before), (now, wall) in pairwise(clock):
        leapt = [before + MINUTE * number for number in range(1, int((wall - before) / MINUTE))]
        is_due = fits(expression, wall) and (is_hourly or wall not in shown)
        if not is_hourly and any(fits(expression, each) for each in leapt):
            is_due = True
        shown.add(wall)
        if is_due and now > start:
            due.append(now)
    return due


@lru_cache(maxsize=4)
def _clock(zone: ZoneInfo, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Return what the clock on the wall shows, minute by minute."""
    minutes = (start + MINUTE * number for number in range(int((end - start) / MINUTE) + 1))
    return [(now, now.astimezone(zone).replace(tzinfo=None)) for now in minutes]


@cache
def changes(zone_name: str) -> tuple[datetime, ...]:
    """Return when a zone's clocks are changed from 2025 to 2035, to the minute, in UTC."""
    zone = ZoneInfo(zone_name)
    found = []
    day, end = datetime(YEARS[0], 1, 1, tzinfo=UTC), datetime(YEARS[-1] + 1, 1, 1, tzinfo=UTC)
    while day < end:
        following = day + timedelta(days=1)
        if day.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
            found += [each for each in _minutes(day) if _differs(each, zone)]
        day = following
    return tuple(found)


def _minutes(day: datetime) -> list[datetime]:
    return [day + MINUTE * number for number in range(1, 24 * 60 + 1)]


def _differs(at: datetime, zone: ZoneInfo) -> bool:
    return at.astimezone(zone).utcoffset() != (at - MINUTE).astimezone(zone).utcoffset()


def zones() -> list[str]:
    """Return one name for each way of changing clocks from 2025 to 2035: most zones do it as another one does."""
    by_way: dict[object, str] = {}
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        offsets = tuple(at.astimezone(zone).utcoffset() for at in (datetime(2025, 1, 1, tzinfo=UTC), *changes(name)))
        by_way.setdefault((offsets, changes(name)), name)
    return sorted(by_way.values())
