"""Calendar months in a time zone: which month an instant counts in, where it begins and ends, and dates months later.

A month is labelled by its first day. Bounds are half-open instants in UTC: it begins with the first moment of its first
day in that zone, and the next one begins where it ends; so every instant is in exactly one month, also where clocks
are put back across midnight and a date happens twice.
Source: docs/algorithms/settlement.md, "The month of a call".
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

#: Years outside of these are a broken clock's.
_YEARS = range(1980, 2200)

Month = tuple[datetime, datetime, date]


class UnknownZone(ValueError):
    """There is no such time zone."""


@cache
def zone_names() -> tuple[str, ...]:
    """Return the names of all time zones, sorted. Their files are read once."""
    return tuple(sorted(available_timezones()))


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name such as Europe/Vienna. Raises: UnknownZone."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise UnknownZone(f"There is no time zone {name!r}.") from error


def label(instant: datetime, zone_name: str) -> date:
    """Return the first day of the month in which an instant falls there. Raises: UnknownZone, ValueError.

    2026-11-30 23:30 UTC is 2026-12-01 in Vienna and 2026-11-01 in New York.
    """
    month = _recent.get(zone_name)
    if month is None or not month[0] <= instant < month[1]:
        month = _recent[zone_name] = _month_of(instant, zone_name)
    return month[2]


def bounds(first: date, zone_name: str) -> tuple[datetime, datetime]:
    """Return when a labelled month begins and ends there, in UTC. Raises: UnknownZone, ValueError."""
    starts_at, ends_at, _ = _month(first, zone_name)
    return starts_at, ends_at


def following(first: date) -> date:
    """Return the label of the next month."""
    return add_months(first, 1)


def preceding(first: date) -> date:
    """Return the label of the month before."""
    return add_months(first, -1)


def add_months(day: date, months: int) -> date:
    """Return the same day of a later (or earlier) month; its last day when it is shorter.

    Count from the day of the contract, not from the last result: 31 January and one month is 28 February, and two
    months are 31 March. 29 February and twelve months is 28 February.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def first_moment(day: date, zone_name: str) -> datetime:
    """Return when a day begins there, in UTC: at midnight, or where clocks skip midnight, right after the gap.

    Of a midnight that happens twice it is the first one.
    """
    return datetime(day.year, day.month, day.day, tzinfo=zone(zone_name)).astimezone(UTC)


#: zone -> the month asked for last: calls that are settled together are mostly of one.
_recent: dict[str, Month] = {}


@lru_cache(maxsize=4096)
def _month(first: date, zone_name: str) -> Month:
    if first.day != 1 or first.year not in _YEARS:
        raise ValueError(f"{first} does not label a month")
    return first_moment(first, zone_name), first_moment(following(first), zone_name), first


def _month_of(instant: datetime, zone_name: str) -> Month:
    if instant.year not in _YEARS:
        raise ValueError(f"{instant:%Y-%m-%d} is no date of a call")
    first = instant.astimezone(zone(zone_name)).date().replace(day=1)
    month = _month(first, zone_name)
    if instant < month[0]:  # the last hour of a month, for the second time
        return _month(preceding(first), zone_name)
    return month if instant < month[1] else _month(following(first), zone_name)
