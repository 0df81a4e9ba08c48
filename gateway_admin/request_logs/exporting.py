"""A log as a file: every row that a filter finds, while it is read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from gateway_admin.request_logs import queries, shown
from gateway_admin.request_logs.models import RequestLog

_AT_ONCE = 500
COLUMNS = (
    "event_timestamp",
    "log_id",
    "call_id",
    "role",
    "user_request_method",
    "user_request_path",
    "status",
    "upstream_response_status_code",
    "error_source",
    "error_origin",
    "error_type",
    "service_id",
    "service_enrollment_id",
    "channel",
    "alias",
    "primitives",
    "routing_key",
    "session",
    "api_key_id",
    "gateway_source",
    "latency_ms",
    "upstream_response_time_ms",
    "ttfb_ms",
    "request_bytes",
    "response_bytes",
    "usage",
    "cost",
    "currency",
    "memo",
    "memo_age_seconds",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: Iterable[RequestLog]) -> Iterator[str]:
    """Yield the lines of a table, its heads first."""
    yield _line(COLUMNS)
    for each in _items(rows):
        cost = each.pop("cost")
        each |= {"cost": cost["amount"] if cost else "", "currency": cost["currency"] if cost else ""}
        yield _line(_cell(each[column]) for column in COLUMNS)


def as_json_lines(rows: Iterable[RequestLog]) -> Iterator[str]:
    """Yield a line of JSON a row, with everything that the API's list says of it."""
    for each in _items(rows):
        yield json.dumps(each, separators=(",", ":")) + "\n"


#: By the name of the format: how it is written, its content type.
FORMATS: dict[str, tuple[Callable[[Iterable[RequestLog]], Iterator[str]], str]] = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "jsonl": (as_json_lines, "application/x-ndjson"),
}


def _items(rows: Iterable[RequestLog]) -> Iterator[dict[str, Any]]:
    """Yield rows in the API's words; what is beside a row is read for many at once."""
    remaining = iter(rows)
    while part := list(islice(remaining, _AT_ONCE)):
        costs, schedules = queries.costs(part), queries.schedules_of(part)
        for row in part:
            yield shown.item(row, costs.get(row.pk), schedules)


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = json.dumps(value) if isinstance(value, dict | list) else str(value)
    # a spreadsheet would run what begins like a formula, and paths are written by whoever calls
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(value, int | float) else text


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
