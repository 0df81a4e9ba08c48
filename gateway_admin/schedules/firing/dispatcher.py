"""The process that plans what is due and makes it: any number of them may run, on any number of machines.

One loop turns several times a second: it writes down what calls came to, plans what is due, and takes up as many runs
as there is room for. The calls themselves wait beside each other. PostgreSQL's clock is the only one that is looked at.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.db import DataError, InterfaceError, OperationalError, connection

from gateway_admin.schedules import queries, services
from gateway_admin.schedules.firing import requests
from gateway_admin.schedules.firing.http import Answer, GatewayClient, NoAnswer
from gateway_admin.schedules.firing.requests import Firing
from gateway_admin.schedules.services import Ended

log = logging.getLogger(__name__)

T = TypeVar("T")
#: How long the loop rests when nothing happens.
REST_SECONDS = 0.1
#: How often leases are renewed and the runs of dead processes are looked for.
KEEPING_SECONDS = 4.0
#: Rest after PostgreSQL could not be reached.
AWAY_SECONDS = 1.0
#: Most schedules planned, and most runs taken up, in one turn.
_PLANNED_AT_ONCE, _TAKEN_AT_ONCE = 500, 100


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that has ended. at: when, by the process's own monotonic clock."""

    firing: Firing
    answer: Answer | NoAnswer
    at: float


@dataclass(slots=True)
class Dispatcher:
    """worker: a name that no other process has. room: how many calls may be under way at the same time.

    clock: what time it is; PostgreSQL's, but in tests. patience: how many seconds calls may take to end once it stops.
    database: one thread, and with it one connection, for all work in PostgreSQL.
    """

    worker: str
    client: GatewayClient
    stop: threading.Event
    room: int = 500
    clock: Callable[[], datetime] = queries.database_time
    patience: float = 20.0
    database: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, "schedules-database"))
    _answered: list[Answered] = field(default_factory=list)
    _refused: list[Ended] = field(default_factory=list)
    _under_way: dict[UUID, asyncio.Task[None]] = field(default_factory=dict)
    _kept_at: float = -KEEPING_SECONDS

    async def run(self) -> None:
        """Plan and fire until stopped; then let the calls that are under way end."""
        try:
            while not self.stop.is_set():
                await self._turn()
            ends_at = time.monotonic() + self.patience
            while (self._under_way or self._answered or self._refused) and time.monotonic() < ends_at:
                await self._turn(takes=False)
        finally:
            for task in self._under_way.values():
                task.cancel()
            self.client.close()
            await self._in_database(_disconnect)
            self.database.shutdown()

    async def _turn(self, *, takes: bool = True) -> None:
        try:
            was_full, firings = await self._in_database(partial(self._step, takes))
        except (OperationalError, InterfaceError) as error:
            log.warning("schedules.database_away error=%r", str(error))
            await self._in_database(_disconnect)
            await asyncio.sleep(AWAY_SECONDS)
            return
        for firing in firings:
            self._under_way[firing.run_id] = asyncio.create_task(self._fire(firing))
        await asyncio.sleep(0 if was_full else REST_SECONDS)

    def _step(self, takes: bool) -> tuple[bool, list[Firing]]:
        """Do a turn's work in the database. Returns whether there may be more of it, and what is to be sent."""
        now = self.clock()
        self._keep_results(now)
        self._keep_leases(now)
        if not takes:
            return False, []
        planned = services.plan_due(now=now, limit=_PLANNED_AT_ONCE)
        room = min(self.room - len(self._under_way), _TAKEN_AT_ONCE)
        taken = services.claim(worker=self.worker, now=now, limit=room) if room > 0 else []
        firings: list[Firing] = []
        if taken:
            firings, refused = requests.prepare(taken, now=now)
            self._refused += refused
        return planned == _PLANNED_AT_ONCE or len(taken) == _TAKEN_AT_ONCE, firings

    def _keep_results(self, now: datetime) -> None:
        answered, refused, here = self._answered[:], self._refused[:], time.monotonic()
        ended = [
            requests.judge(each.firing, each.answer, now=now - timedelta(seconds=here - each.at)) for each in answered
        ]
        if ended or refused:
            self._keep([*ended, *refused], now)
        # only what is written down is forgotten: after a failure it is said again
        del self._answered[: len(answered)], self._refused[: len(refused)]

    def _keep(self, ended: list[Ended], now: datetime) -> None:
        try:
            services.keep(ended, worker=self.worker, now=now)
        except (DataError, ValueError) as error:
            # one answer that PostgreSQL does not take must not hold up the others: how they ended is kept alone
            log.warning("schedules.answer_not_kept error=%r", str(error))
            bare = [replace(each, sent=None, headers={}, body=None, checks=[]) for each in ended]
            services.keep(bare, worker=self.worker, now=now)

    def _keep_leases(self, now: datetime) -> None:
        if time.monotonic() - self._kept_at < KEEPING_SECONDS:
            return
        self._kept_at = time.monotonic()
        services.renew(worker=self.worker, run_ids=list(self._under_way), now=now)
        if lost := services.recover(now=now):
            log.warning("schedules.recovered runs=%d", lost)

    async def _fire(self, firing: Firing) -> None:
        try:
            answer = await self.client.call(
                firing.method, firing.path, firing.headers, firing.body, timeout_seconds=firing.timeout_seconds
            )
        except Exception:
            log.exception("schedules.call_failed run=%s", firing.run_id)
            answer = NoAnswer("internal_error", "The call could not be made. Write to support.", was_sent=True)
        self._answered.append(Answered(firing, answer, time.monotonic()))
        del self._under_way[firing.run_id]

    async def _in_database(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.database, work)


def _disconnect() -> None:
    """Close the connection of the thread that this runs in."""
    connection.close()
