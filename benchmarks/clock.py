"""What an answer costs: on the clock, and of the processor, which other work on the machine hardly changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from django.db import connection

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds: on the clock, of the processor in this process, and in the database's process for this connection.

    On a core of its own an answer takes what both processors' times are together.
    """

    clock: float
    python: float
    database: float

    @property
    def processor(self) -> float:
        return self.python + self.database


def measured(call: Callable[[], T]) -> tuple[T, Cost]:
    """Return what a call returns, and what it took. Helpers that the database may start are not counted."""
    backend = _backend()
    began, python, database = time.perf_counter(), time.thread_time(), _spent(backend)
    answer = call()
    cost = (time.perf_counter() - began, time.thread_time() - python, _spent(backend) - database)
    return answer, Cost(*(each * 1000 for each in cost))


def cheapest(costs: list[Cost]) -> Cost:
    """Return the cost of the round that others disturbed least."""
    return min(costs, key=lambda each: each.processor)


def _backend() -> Any:
    connection.ensure_connection()
    return connection.connection.info.backend_pid


def _spent(pid: int) -> float:
    """Return the seconds that a process has been on a processor (Linux)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
