"""Measures the consumer, PostgreSQL's own COPY of the same rows, and settling row at a time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from django.db import connection, transaction

from benchmarks.settlement import row_at_a_time, workload
from billing.prices.models import PriceVersion
from billing.rating import verification
from billing.rating.consumer import Consumer, spare_the_collector
from domain.usage import UsageEvent

_COLUMNS = (
    "event_id, wallet_id, team_id, service_id, enrollment_id, api_key_id, price_id, lease_id, channel, outcome, status,"
    " usage, hold, list_cost, adjustments, cost, charged, state, flags, error, started_at, finished_at, period,"
    " created_at"
)


@dataclass(frozen=True, slots=True)
class Rates:
    """Events a second, by the clock and by the processor's time of this process and its connection."""

    clock: float
    processor: float


@dataclass(frozen=True, slots=True)
class Load:
    """What is settled, and by how many."""

    events: int
    rounds: int
    batch: int
    workers: int


def report(load: Load, wallet_counts: Sequence[int]) -> None:
    """Print a line per number of wallets. Every rate is the median of its rounds, which take turns."""
    version = workload.price()
    spare_the_collector()
    print(
        f"{load.events:,} events a round, {load.rounds} rounds, up to {load.batch:,} events a batch, "
        f"{load.workers} consumer(s). Events per second.\n"
    )
    heads = ("consumer", 10), ("COPY", 10), ("row at a time", 14), ("x COPY", 8), ("by CPU", 8), ("x row", 8)
    print(f"{'wallets':>8} " + " ".join(f"{head:>{width}}" for head, width in heads))
    for number in wallet_counts:
        print(_line(load, number, version), flush=True)
    # the wallets were given their money without a ledger entry, and row at a time writes no hours; all else must hold
    broken = [each for each in verification.verify() if not each.rule.startswith(("settled", "usage of the hours"))]
    print("\n" + ("\n".join(map(str, broken)) or "The books hold."))


def _line(load: Load, number: int, version: PriceVersion) -> str:
    purses = workload.purses(number)

    def make(size: int) -> list[UsageEvent]:
        return list(workload.events(size, purses, version))

    rounds = [_round(load, make) for _ in range(load.rounds)]
    consumer, copy, single = (median(rates.clock for rates in column) for column in zip(*rounds, strict=True))
    # of several consumers only this thread's connection is measured
    by_cpu = median(first.processor / second.processor for first, second, _ in rounds) if load.workers == 1 else 0
    return (
        f"{number:>8,} {consumer:>10,.0f} {copy:>10,.0f} {single:>14,.0f} {consumer / copy:>8.2f}"
        f" {by_cpu or '-':>8.3} {consumer / single:>8.1f}"
    )


def _round(load: Load, make: Callable[[int], list[UsageEvent]]) -> tuple[Rates, Rates, Rates]:
    """Return the rates of the consumer, of COPY and of row at a time."""
    _fill(make(load.events))
    consumer = _rate(load.events, lambda: _drain(load))
    copy = _copy_again(load.events)
    few = max(load.events // 20, 100)
    _fill(make(few))
    return consumer, copy, _rate(few, row_at_a_time.settle_all)


def _rate(events: int, work: Callable[[], object]) -> Rates:
    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    began, used = time.perf_counter(), time.process_time() + _seconds_of(backend)
    work()
    used = time.process_time() + _seconds_of(backend) - used
    return Rates(events / (time.perf_counter() - began), events / max(used, 0.01))


def _seconds_of(process: int) -> float:
    """Return the processor's time of a process; 0 where there is no /proc, or when it has ended."""
    try:
        ticks = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    except OSError:
        return 0
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def _drain(load: Load) -> None:
    def drain() -> None:
        Consumer(load.batch, threading.Event()).drain()
        if load.workers > 1:
            connection.close()

    if load.workers == 1:
        drain()
        return
    with ThreadPoolExecutor(load.workers) as pool:
        for running in [pool.submit(drain) for _ in range(load.workers)]:
            running.result()


def _fill(events: Sequence[UsageEvent]) -> None:
    with connection.cursor() as cursor:
        for start in range(0, len(events), 1000):
            part = events[start : start + 1000]
            columns = [[getattr(event, name) for event in part] for name in ("event_id", "wallet_id", "lease_id")]
            cursor.execute(
                "SELECT usage_inbox_insert('bench', %s::uuid[], %s::uuid[], %s::uuid[], %s)",
                [*columns, [event.to_bytes().decode() for event in part]],
            )
        cursor.execute("VACUUM ANALYZE rating_usageinbox")
        cursor.execute("CHECKPOINT")


def _copy_again(events: int) -> Rates:
    """Write the newest charges once more, with one COPY into a table with the same indexes and constraints."""
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
