"""Measures the consumer, PostgreSQL's own COPY of the same rows, and settling row at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from django.db import connection, transaction

from benchmarks.settlement import workload
from billing.rating import verification
from billing.rating.consumer import Consumer
from billing.rating.services import settle
from domain.usage import UsageEvent

_COLUMNS = (
    "event_id, wallet_id, team_id, service_id, enrollment_id, api_key_id, price_id, lease_id, channel, outcome, status,"
    " usage, hold, cost, charged, state, flags, error, started_at, finished_at, period, created_at"
)


def report(*, events: int, batch: int, wallet_counts: Sequence[int]) -> None:
    """Print a line per number of wallets."""
    version = workload.price()
    print(f"{events} events, up to {batch} a batch, one consumer. Events per second, and the ratio to COPY.\n")
    print(f"{'wallets':>8} {'consumer':>10} {'COPY':>10} {'row at a time':>14} {'x COPY':>8} {'x row':>8}")
    for number in wallet_counts:
        purses = workload.purses(number)
        _fill(list(workload.events(events, purses, version)))
        consumer = _rate(events, lambda: Consumer(batch=batch, stop=threading.Event()).drain())
        copy = _copy_again(events)
        few = max(events // 25, 200)
        _fill(list(workload.events(few, purses, version)))
        single = _rate(few, _one_by_one)
        print(
            f"{number:>8} {consumer:>10,.0f} {copy:>10,.0f} {single:>14,.0f}"
            f" {consumer / copy:>8.2f} {consumer / single:>8.1f}"
        )
    # wallets here were given their money without a ledger entry; everything else must hold
    broken = [each for each in verification.verify() if not each.rule.startswith("settled")]
    print("\nThe books hold." if not broken else "\n".join(str(each) for each in broken))


def _rate(events: int, work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return events / (time.perf_counter() - began)


def _fill(events: Sequence[UsageEvent]) -> None:
    for start in range(0, len(events), 1000):
        part = events[start : start + 1000]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT usage_inbox_insert('bench', %s::uuid[], %s::uuid[], %s::uuid[], %s)",
                [
                    [event.event_id for event in part],
                    [event.wallet_id for event in part],
                    [event.lease_id for event in part],
                    [event.to_bytes().decode() for event in part],
                ],
            )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE rating_usageinbox")


def _one_by_one() -> None:
    while settle(limit=1).claimed:
        pass


def _copy_again(events: int) -> float:
    """Write the newest charges once more, into a table with the same indexes and constraints, with one COPY."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE copied (LIKE rating_charge INCLUDING ALL)")
        query = f"COPY (SELECT {_COLUMNS} FROM rating_charge ORDER BY event_id DESC LIMIT {events}) TO STDOUT"
        with cursor.copy(query) as copy:
            rows = b"".join(copy)
    try:
        return _rate(events, lambda: _copy_in(rows))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE copied")


def _copy_in(rows: bytes) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY copied ({_COLUMNS}) FROM STDIN") as copy:
        copy.write(rows)
