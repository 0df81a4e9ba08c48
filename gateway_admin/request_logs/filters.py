"""What of a log somebody wants to see: the same words in the address of a page and in the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from common.errors import UNSTORABLE, Invalid

#: What is shown when nothing is said of the time.
WINDOW = timedelta(hours=24)
_FIRST, _LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
SOURCES = ("upstream", "gateway", "client", "money", "limit")


@dataclass(frozen=True, slots=True)
class Filter:
    """Every field that is set narrows the list. start_time, end_time: when calls began, both inclusive.

    status_min, status_max: of what the client got. user_request_path: how the path begins; text: what stands in it.
    error_source: "upstream"; "gateway" for everything that is not; or client, money, limit. gateway_source: "apisix"
    for calls of clients, "backend" for those that the platform made for its customer. runs: ids of runs of a schedule.
    request_id: of a call or of a part of one, at any time. errors_only: those that failed. calls_only: no parts
    of others.
    """

    start_time: datetime
    end_time: datetime | None = None
    service_id: UUID | None = None
    service_enrollment_id: UUID | None = None
    api_key_id: UUID | None = None
    alias: str = ""
    session: str = ""
    status_min: int | None = None
    status_max: int | None = None
    user_request_path: str = ""
    text: str = ""
    error_source: str = ""
    error_type: str = ""
    gateway_source: str = ""
    runs: tuple[UUID, ...] | None = None
    request_id: UUID | None = None
    min_latency_ms: float | None = None
    errors_only: bool = False
    calls_only: bool = False


def made(values: dict[str, Any], *, now: datetime, runs: tuple[UUID, ...] | None = None) -> Filter:
    """Return the filter of what was asked for. Times without an offset are UTC; without a beginning it is a day ago.

    Raises: Invalid, before a file is begun.
    """
    if any(isinstance(value, str) and "\0" in value for value in values.values()):
        raise Invalid([UNSTORABLE])
    if status := values.get("status"):  # "4xx": the same as a range
        values = {"status_min": int(status[0]) * 100, "status_max": int(status[0]) * 100 + 99, **_set(values)}
    given = {name: value for name, value in values.items() if value not in (None, "") and name in _NAMES}
    end = _aware(given.pop("end_time", None))
    start = _aware(given.pop("start_time", None)) or (end or now) - WINDOW
    return Filter(start_time=start, end_time=end, runs=runs, **given)


def _set(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


_NAMES = frozenset(Filter.__dataclass_fields__)


def _aware(moment: datetime | None) -> datetime | None:
    """Return a time within those that calls have: there is room around it to count with."""
    if moment is None:
        return None
    return min(max(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC), _FIRST), _LAST)
