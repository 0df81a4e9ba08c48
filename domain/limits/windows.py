"""The windows of limits by the clock and the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.limits.rules import Window

_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_AVERAGE_SECONDS: dict[str, int] = {
    **_SECONDS, "day": 86_400, "week": 7 * 86_400, "month": 30 * 86_400, "year": 365 * 86_400,
}  # fmt: skip


def window_at(window: Window, now_ms: int, zone: str = "UTC") -> tuple[int, int]:
    """Return when the window that holds `now_ms` begins and ends, in milliseconds since 1970; half-open.

    Seconds, minutes and hours by the clock; days and longer by the calendar of `zone`, weeks from Monday.
    """
    if window in _SECONDS:
        length = _SECONDS[window] * 1000
        start = now_ms - now_ms % length
        return start, start + length
    local = datetime.fromtimestamp(now_ms / 1000, _zone(zone))
    start_at = _start(window, local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0))
    return _ms(start_at), _ms(_next(window, start_at))


def average_ms(window: Window) -> int:
    """Return how long a window is on average, for a pace."""
    return _AVERAGE_SECONDS[window] * 1000


def _start(window: Window, midnight: datetime) -> datetime:
    match window:
        case "week":
            return midnight - timedelta(days=midnight.weekday())
        case "month":
            return midnight.replace(day=1)
        case "year":
            return midnight.replace(month=1, day=1)
    return midnight


def _next(window: Window, start: datetime) -> datetime:
    match window:
        case "week":
            return start + timedelta(days=7)
        case "month":
            return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
        case "year":
            return start.replace(year=start.year + 1)
    return start + timedelta(days=1)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(str(UTC))
