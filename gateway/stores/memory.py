"""The ports in memory, for tests: the same promises as PostgreSQL, kept by a dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from domain.usage import UsageEvent, from_bytes
from gateway.spool.reader import Final
from gateway.stores.base import (
    Change,
    Changes,
    Drawn,
    LeaseEnded,
    NewSchedule,
    Registered,
    ScheduleNameTaken,
    Stored,
    StoreUnavailable,
)
from gateway.stores.request_logs import MemoryRequestLogs


class MemoryRecords:
    """Published records. `put` and `remove` are what the control plane does; `down` makes every call fail."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Stored] = {}
        self.version = 1
        self.fetches: list[tuple[str, str]] = []
        self.down = False

    def put(self, kind: str, key: str, body: Any | None) -> None:
        self.version += 1
        self.rows[(kind, key)] = Stored(body, self.version)

    def remove(self, kind: str, key: str) -> None:
        self.put(kind, key, None)

    async def fetch(self, kind: str, key: str) -> Stored:
        self._check()
        self.fetches.append((kind, key))
        return self.rows.get((kind, key), Stored(None, 0))

    async def fetch_all(self, kind: str) -> dict[str, Any]:
        self._check()
        return {key: row.body for (of, key), row in self.rows.items() if of == kind and row.body is not None}

    async def changes(self, since_version: int) -> Changes:
        self._check()
        found = [
            Change(kind, key, row.version) for (kind, key), row in self.rows.items() if row.version >= since_version
        ]
        return Changes(tuple(found), self.version + 1)

    async def horizon(self) -> int:
        self._check()
        return self.version + 1

    def _check(self) -> None:
        if self.down:
            raise StoreUnavailable("The database is away.")


class MemoryLeases:
    """Wallets as amounts that may be leased."""

    def __init__(self, spendable: dict[str, Decimal] | None = None) -> None:
        self.spendable = dict(spendable or {})
        self.leases: dict[str, tuple[str, Decimal]] = {}
        self.ended: set[str] = set()
        self.returns: dict[str, int] = {}
        self.draws = 0
        self.down = False

    async def draw(self, *, lease_id: str, wallet_id: str, minimum: Decimal, wanted: Decimal) -> Drawn:
        if self.down:
            raise StoreUnavailable("The database is away.")
        if lease_id in self.ended:
            raise LeaseEnded(lease_id)
        self.draws += 1
        left = self.spendable.get(wallet_id, Decimal(0))
        granted = wanted if left >= wanted else (left if left >= minimum else Decimal(0))
        self.spendable[wallet_id] = left - granted
        self.leases[lease_id] = (wallet_id, self.leases.get(lease_id, (wallet_id, Decimal(0)))[1] + granted)
        return Drawn(granted=granted, spendable=self.spendable[wallet_id])

    async def give_back(self, *, lease_id: str, amount: Decimal, number: int) -> None:
        if self.down:
            raise StoreUnavailable("The database is away.")
        if number <= self.returns.get(lease_id, 0):
            return
        self.returns[lease_id] = number
        wallet_id, held = self.leases[lease_id]
        self.leases[lease_id] = (wallet_id, held - amount)
        self.spendable[wallet_id] += amount

    async def renew(self) -> frozenset[str]:
        if self.down:
            raise StoreUnavailable("The database is away.")
        return frozenset(self.leases) - self.ended

    async def retire_others(self) -> None:
        return None


class MemoryInbox:
    """Usage events by their id: a second insertion of one changes nothing."""

    def __init__(self, log: MemoryRequestLogs) -> None:
        self.events: dict[str, UsageEvent] = {}
        self._log = log

    async def insert(self, finals: Sequence[Final], *, log: bool) -> bool:
        for final in finals:
            self.events.setdefault(final.event_id, from_bytes(final.payload))
        if log and not self._log.down:
            await self._log.insert_attempts(finals)
        return log and not self._log.down


class MemoryUseMarks:
    def __init__(self) -> None:
        self.marks: list[tuple[tuple[str, ...], tuple[tuple[str, str], ...]]] = []

    async def mark_used(self, *, api_key_ids: Sequence[str], secrets: Sequence[tuple[str, str]]) -> None:
        self.marks.append((tuple(api_key_ids), tuple(secrets)))


class MemorySchedules:
    """Calls for later, in the order in which they were registered."""

    def __init__(self) -> None:
        self.kept: list[NewSchedule] = []

    async def register(self, new: NewSchedule) -> Registered:
        for each in self.kept:
            if new.name and (each.team_id, each.name) == (new.team_id, new.name):
                if each.digest != new.digest:
                    raise ScheduleNameTaken(new.name)
                return Registered(each.id, each.due_at, is_new=False)
        self.kept.append(new)
        return Registered(new.id, new.due_at, is_new=True)


class MemoryTasks:
    """Tasks by their id."""

    def __init__(self) -> None:
        self.tasks: dict[str, dict[str, Any]] = {}
        self.teams: dict[str, str] = {}

    async def start(self, *, team_id: str, broadcast: str, tasks: Sequence[tuple[str, str]]) -> None:
        for task_id, name in tasks:
            known = {"task_id": task_id, "broadcast": broadcast, "name": name, "created_at": ""}
            self.tasks[task_id] = {**known, "status": "running", "result": None}
            self.teams[task_id] = team_id

    async def finish(self, *, task_id: str, answer: dict[str, Any]) -> None:
        self.tasks[task_id] |= {"status": "done", "result": answer}

    async def get(self, *, team_id: str, task_id: str) -> dict[str, Any] | None:
        return self.tasks.get(task_id) if self.teams.get(task_id) == team_id else None
