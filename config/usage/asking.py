"""What an address asks for: a month as its statement has it, or any time, by the hour when it is short."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, cast
from uuid import UUID

from billing.rating import series
from billing.rating.series import Asked, By
from common.errors import Invalid
from domain import periods

#: Up to here every hour is shown; above, days.
_HOURLY = timedelta(hours=72)
_LONGEST = timedelta(days=93)
_MONTHS = 13
_FIRST_YEAR = 2000


def months(now: datetime, zone_name: str) -> list[tuple[str, str]]:
    """Return the months before this one that a page offers, as (2026-10, October 2026)."""
    this = periods.label(now, zone_name)
    found = [periods.add_months(this, -back) for back in range(1, _MONTHS)]
    return [(f"{each:%Y-%m}", f"{each:%B %Y}") for each in found]


def asked(values: dict[str, Any], *, zone_name: str, now: datetime) -> Asked:
    """Return what is asked for. Times without an offset are those of the zone. Raises: Invalid."""
    start, end = values.get("start_time"), values.get("end_time")
    if start or end:
        found = _between(start, end, zone_name, now)
    else:
        found = series.of_month(_month(values.get("month") or "", now, zone_name), zone_name)
    return replace(
        found,
        by=cast(By, values.get("by") or "service"),
        service_id=cast(UUID | None, values.get("service_id")),
        api_key_id=cast(UUID | None, values.get("api_key_id")),
        alias=values.get("alias") or "",
    )


def _between(start: datetime | None, end: datetime | None, zone_name: str, now: datetime) -> Asked:
    zone = periods.zone(zone_name)
    ends_at = _next_hour(min(_aware(end, zone), now) if end else now, zone)
    starts_at = _hour(_aware(start, zone), zone) if start else ends_at - _HOURLY
    if starts_at >= ends_at:
        raise Invalid(["From: nothing lies between these times. Choose an earlier one, or a later one under “To”."])
    if ends_at - starts_at > _LONGEST or starts_at.year < _FIRST_YEAR:
        raise Invalid([f"From: a chart shows {_LONGEST.days} days at most. Choose a later time."])
    step: series.Step = "hour" if ends_at - starts_at <= _HOURLY else "day"
    return Asked(starts_at, ends_at, zone_name, step)


def _month(text: str, now: datetime, zone_name: str) -> date:
    """Return the month of a text such as 2026-11; this one when it is none, or has not begun."""
    present = periods.label(now, zone_name)
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return present
    return found if found.year >= _FIRST_YEAR and found <= present else present


def _aware(moment: datetime, zone: tzinfo) -> datetime:
    # a form reads what has no offset as UTC
    return moment if moment.utcoffset() else moment.replace(tzinfo=zone)


def _hour(moment: datetime, zone: tzinfo) -> datetime:
    """Return when the hour of the clocks began in which a moment falls."""
    local = moment.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return moment.astimezone(UTC) - past


def _next_hour(moment: datetime, zone: tzinfo) -> datetime:
    begun = _hour(moment, zone)
    return begun if begun == moment.astimezone(UTC) else begun + timedelta(hours=1)
