"""Fills the log and asks for it as the pages do: each filter, the page, its histogram and its count."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from accounts.teams.models import Team
from gateway_admin.request_logs import filters, queries
from gateway_admin.request_logs.models import RequestLog
from tests.factories.accounts import TeamFactory

_ROUNDS = 5
_FILL = (Path(__file__).parent / "fill.sql").read_text()
_AT_ONCE = 500_000


def report(rows: int, days: int, teams: int, plans: Path | None) -> None:
    """Fill, ask, print a line per filter: milliseconds in the database for the page, the histogram, the count."""
    settings.REQUEST_LOG_DAYS = days + 1
    now = timezone.now()
    customers = [TeamFactory() for _ in range(teams)]
    seconds = fill(rows, days, customers, now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_size_pretty(sum(pg_total_relation_size(inhrelid))) FROM pg_inherits"
                       " WHERE inhparent = 'request_logs_requestlog'::regclass")  # fmt: skip
        size = cursor.fetchone()[0]
    print(f"{rows:,} rows over {days} days of {teams} teams, {size}, filled in {seconds:.0f} s.")
    print(f"Milliseconds in the database, median of {_ROUNDS}.\n")
    print("| filter | page | histogram | count | slowest |\n| --- | --- | --- | --- | --- |")
    written: list[str] = []
    for team, whose in ((customers[0], "half of all"), (customers[-1], "one of many")):
        for name, asked in _asked(team, now, days).items():
            print(_line(f"{name}, {whose}", team, asked, now, written), flush=True)
    if plans is not None:
        plans.write_text("\n\n".join(written) + "\n")


def _asked(team: Team, now: datetime, days: int) -> dict[str, dict[str, Any]]:
    """Return every filter of the page, and those together that no index has, all over the whole time."""
    whole = {"start_time": now - timedelta(days=days)}
    newest = RequestLog.objects.filter(team_id=team.pk).order_by("-id").first()
    assert newest is not None
    service, key = newest.service_id, newest.api_key_id
    return {
        "none, a day": {},
        "none": whole,
        "service": whole | {"service_id": service},
        "key": whole | {"api_key_id": key},
        "alias": whole | {"alias": "a/alias-3"},
        "session": whole | {"session": "session-77"},
        "unknown session": whole | {"session": "nowhere"},
        "failures": whole | {"errors_only": True},
        "status 4xx": whole | {"status": "4xx"},
        "status 5xx": whole | {"status": "5xx"},
        "status 3xx, none": whole | {"status": "3xx"},
        "money": whole | {"error_source": "money"},
        "slow": whole | {"min_latency_ms": 8000},
        "slower than any": whole | {"min_latency_ms": 1e6},
        "text": whole | {"text": "service-7/"},
        "text that is nowhere": whole | {"text": "no such path"},
        "service and text": whole | {"service_id": service, "text": "no such path"},
        "failures of a key with text": whole | {"errors_only": True, "api_key_id": key, "text": "zzz"},
        "unknown service": whole | {"service_id": UUID(int=1)},
        "from the platform": whole | {"gateway_source": "backend"},
        "request id": {"request_id": newest.pk},
    }


def _line(name: str, team: Team, asked: dict[str, Any], now: datetime, written: list[str]) -> str:
    wanted = filters.made(asked, now=now)
    reads: tuple[Callable[[], object], ...] = (
        lambda: queries.page(team=team, wanted=wanted, now=now),
        lambda: queries.histogram(team=team, wanted=wanted, now=now),
        lambda: queries.count(team=team, wanted=wanted, now=now),
    )
    times = []
    for read in reads:
        rounds = [_in_database(read) for _ in range(_ROUNDS)]
        times.append(median(rounds))
    written.append(f"== {name}\n{_plans(reads[0])}")
    return f"| {name} | " + " | ".join(f"{each:.1f}" for each in (*times, max(times))) + " |"


def _in_database(read: Callable[[], object]) -> float:
    """Return the milliseconds that the statements of a read took, as their client waits for them."""
    spent = 0.0

    def timed(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal spent
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent += time.perf_counter() - began

    with connection.execute_wrapper(timed):
        read()
    return spent * 1000


def _plans(read: Callable[[], object]) -> str:
    found: list[str] = []
    with _explaining(found):
        read()
    return "\n".join(found)


@contextmanager
def _explaining(found: list[str]) -> Iterator[None]:
    def explain(execute: Any, sql: str, params: Any, many: bool, context: dict[str, CursorWrapper]) -> Any:
        if sql.startswith("SELECT") and "request_logs_requestlog" in sql:
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, SUMMARY ON) {sql}", params)
                found.append("\n".join(row[0] for row in cursor.fetchall()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield


def fill(rows: int, days: int, teams: list[Team], now: datetime) -> float:
    began = time.monotonic()
    start = now - timedelta(days=days) + timedelta(minutes=1)
    step = (now - start) / rows
    with connection.cursor() as cursor:
        for back in range(days + 1):
            cursor.execute("SELECT request_log_make_day(%s)", [(now - timedelta(days=back)).date()])
        given = {"teams": [each.pk for each in teams], "start": start, "step": step}
        for first in range(0, rows, _AT_ONCE):
            cursor.execute(_FILL, {**given, "first": first, "last": min(first + _AT_ONCE, rows) - 1})
        cursor.execute("VACUUM ANALYZE request_logs_requestlog")
    return time.monotonic() - began
