"""From the spool to PostgreSQL: in batches, again and again until they are there."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from typing import Protocol

from gateway import crash_points
from gateway.spool.backlog import Lag
from gateway.spool.reader import Batch, Final
from gateway.spool.spool import Spool

_GATHER_SECONDS = 0.05
#: After a batch of so many events the next one gathers longer: each costs two statements, however many are in it.
_BUSY_EVENTS, _BUSY_GATHER_SECONDS = 50, 0.2
#: What PostgreSQL does not take in its time is sent in pieces: half as many after each failure, these more after each
#: success.
_BATCH_EVENTS, _MORE_EVENTS = 1000, 50
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 30.0

log = logging.getLogger(__name__)


class InboxRefused(Exception):
    """The inbox cannot take an event, now or ever: it is not an event. Everything else is tried again."""


class UsageInbox(Protocol):
    """The usage inbox."""

    async def insert(self, finals: Sequence[Final]) -> None:
        """Return when all are committed, or were there before. Raises InboxRefused when one never can be."""


class Shipper:
    """Ships from `start` to `drain`, in a task of its own."""

    def __init__(self, spool: Spool, inbox: UsageInbox) -> None:
        self._spool = spool
        self._inbox = inbox
        self._is_draining = asyncio.Event()
        self._pause = _FIRST_PAUSE
        self._at_once = _BATCH_EVENTS
        self._task: asyncio.Task[None] | None = None
        #: Events that the inbox refused; they are logged, kept in `refused.jsonl` beside the segments, and passed over.
        self.refused = 0
        #: Events that PostgreSQL has since the start; those of an earlier life come first.
        self.shipped = 0

    @property
    def lag(self) -> Lag:
        """How far PostgreSQL is behind."""
        return self._spool.lag

    def start(self) -> None:
        """Begin to ship whatever arrives, at most 50 ms after it did; 200 ms when there is much."""
        self._task = asyncio.create_task(self._run())

    async def drain(self, seconds: float) -> bool:
        """Ship what is left and stop. Return whether all of it was shipped within the time."""
        self._is_draining.set()
        if self._task is None:
            return self.lag.events == 0
        _, unfinished = await asyncio.wait((self._task,), timeout=seconds)
        if unfinished:
            self._task.cancel()
            await asyncio.wait((self._task,))
        else:
            self._task.result()
        return self.lag.events == 0

    async def _run(self) -> None:
        while True:
            is_last_look = self._is_draining.is_set()
            try:
                batch = await self._spool.pending(_BATCH_EVENTS)
            except OSError as error:
                await self._wait_a_while("usage.spool_unreadable", error)
                continue
            if batch is not None:
                await self._ship(batch)
                if len(batch.finals) >= _BATCH_EVENTS:
                    continue
            elif is_last_look:
                return
            is_busy = batch is not None and len(batch.finals) >= _BUSY_EVENTS
            await self._gather(_BUSY_GATHER_SECONDS if is_busy else _GATHER_SECONDS)

    async def _gather(self, seconds: float) -> None:
        """Wait for something to ship, and then so long for company."""
        draining = asyncio.ensure_future(self._is_draining.wait())
        arrival = asyncio.ensure_future(self._spool.arrival())
        try:
            await asyncio.wait((draining, arrival), return_when=asyncio.FIRST_COMPLETED)
            if not draining.done():
                await asyncio.wait((draining,), timeout=seconds)
        finally:
            draining.cancel()
            arrival.cancel()

    async def _ship(self, batch: Batch) -> None:
        sent = 0
        while sent < len(batch.finals):
            some = batch.finals[sent : sent + self._at_once]
            try:
                crash_points.reach("ship.before_insert")
                await self._insert(some)
                crash_points.reach("ship.after_insert")
            except Exception as error:  # whatever PostgreSQL or the network has: it is tried again
                self._at_once = max(len(some) // 2, 1)
                await self._wait_a_while("usage.not_shipped", error)
            else:
                self._pause = _FIRST_PAUSE
                self._at_once = min(self._at_once + _MORE_EVENTS, _BATCH_EVENTS)
                sent += len(some)
        self._spool.confirm(batch)
        crash_points.reach("ship.after_confirm")
        self.shipped += len(batch.finals)

    async def _wait_a_while(self, event: str, error: Exception) -> None:
        log.warning(event, extra={"error": type(error).__name__, "waiting": self.lag.events})
        await asyncio.sleep(self._pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    async def _insert(self, finals: Sequence[Final]) -> None:
        try:
            await self._inbox.insert(finals)
        except InboxRefused:
            if len(finals) > 1:  # find the one: the others must not wait behind it for ever
                middle = len(finals) // 2
                await self._insert(finals[:middle])
                await self._insert(finals[middle:])
            else:
                await asyncio.to_thread(self._spool.set_aside, finals[0])
                self.refused += 1
                log.error("usage.refused", extra={"event_id": finals[0].event_id})
