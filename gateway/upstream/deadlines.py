"""Deadlines of all connections by one periodic sweep: moving a deadline is an assignment, not a timer."""

from __future__ import annotations

import asyncio
from typing import Protocol

TICK_SECONDS = 0.1


class Timed(Protocol):
    """Something that ends at `deadline`, in the loop's time, unless it has moved the deadline by then."""

    deadline: float

    def expire(self, now: float) -> None: ...


class Deadlines:
    """Expires what it watches within a tick of its deadline. Runs only while there is something to watch."""

    def __init__(self, tick_seconds: float = TICK_SECONDS) -> None:
        self._tick = tick_seconds
        self._watched: set[Timed] = set()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, timed: Timed, loop: asyncio.AbstractEventLoop) -> None:
        """Watch from now on, until `forget`."""
        self._watched.add(timed)
        if self._timer is None:
            self._timer = loop.call_later(self._tick, self._sweep, loop)

    def forget(self, timed: Timed) -> None:
        """Watch no longer."""
        self._watched.discard(timed)

    def close(self) -> None:
        """Stop the sweep."""
        self._watched.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for timed in [timed for timed in self._watched if timed.deadline <= now]:
            timed.expire(now)
        self._timer = loop.call_later(self._tick, self._sweep, loop) if self._watched else None
