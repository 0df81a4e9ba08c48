"""Ports of the data plane. Everything that it wants from outside itself and the upstreams goes through these."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from gateway.spool.reader import Final
from gateway.stores.counters import Counters
from gateway.stores.memos import MemoStore
from gateway.stores.tidings import NoTidings, Tidings


class StoreUnavailable(Exception):
    """The database cannot be reached now. Says nothing about the request."""


class LeaseEnded(Exception):
    """The books have taken the lease back, because this process was not heard of in time. Open another one."""


class ScheduleNameTaken(Exception):
    """The team has another call for later with this name."""


class ScheduleLimit(Exception):
    """The team has as many calls for later as one may have."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it was read. body: its JSON, as text or read, None when there is none.

    version: the transaction that wrote it, 0 for none.
    """

    body: Any | None
    version: int


@dataclass(frozen=True, slots=True)
class Change:
    """A record that was written in transaction `version`."""

    kind: str
    key: str
    version: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What the feed tells: visible changes at or after the asked transaction, and where to go on next time.

    next_version lies behind the oldest transaction that was open, so what commits later is not missed.
    """

    changes: tuple[Change, ...]
    next_version: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a wallet gave to a lease. spendable: what the wallet has left for leases, for the message of a refusal."""

    granted: Decimal
    spendable: Decimal


@dataclass(frozen=True, slots=True)
class NewSchedule:
    """A call for later. headers: without credentials; schedule: as the customers' API shows it.

    due_at: of the first run, None when the scheduler works it out. digest: of all that the call is; the same name
    with the same digest is the same registration.
    """

    id: str
    team_id: str
    user_id: str | None
    api_key_id: str | None
    kind: str
    name: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    schedule: dict[str, Any]
    due_at: datetime | None
    digest: str


@dataclass(frozen=True, slots=True)
class Registered:
    """The call as it is kept: an earlier one, when the same was registered under the same name before."""

    id: str
    due_at: datetime | None
    is_new: bool


class RecordStore(Protocol):
    async def fetch(self, kind: str, key: str) -> Stored: ...

    async def fetch_all(self, kind: str) -> dict[str, Any]: ...

    async def changes(self, since_version: int) -> Changes: ...

    async def horizon(self) -> int: ...


class LeaseStore(Protocol):
    async def draw(self, *, lease_id: str, wallet_id: str, minimum: Decimal, wanted: Decimal) -> Drawn: ...

    async def give_back(self, *, lease_id: str, amount: Decimal, number: int) -> None:
        """number: grows with each return of the lease; one that has arrived already changes nothing."""
        ...

    async def renew(self) -> frozenset[str]: ...

    async def retire_others(self) -> None: ...


class UseMarks(Protocol):
    """When keys and secrets were last used; told at most once a minute each."""

    async def mark_used(self, *, api_key_ids: Sequence[str], secrets: Sequence[tuple[str, str]]) -> None: ...


class Inbox(Protocol):
    """Where usage events go; `gateway.spool.shipper.UsageInbox` says what it promises."""

    async def insert(self, finals: Sequence[Final], *, log: bool) -> bool:
        """log: also let the request log have them, in the same go. Return whether it does, whatever keeps it."""
        ...


class RequestLogStore(Protocol):
    """Where request logs go. Inserting again changes nothing."""

    async def insert(self, finals: Sequence[Final]) -> None:
        """Take records of calls, as gateway.request_log.entry makes them. Raises InboxRefused, StoreUnavailable."""
        ...

    async def insert_attempts(self, finals: Sequence[Final]) -> None:
        """Take what usage events tell of their attempts. Raises InboxRefused, StoreUnavailable."""
        ...


class ScheduleStore(Protocol):
    """Where calls for later are kept."""

    async def register(self, new: NewSchedule) -> Registered:
        """Keep a call. Raises ScheduleNameTaken, ScheduleLimit, StoreUnavailable."""
        ...


class TaskStore(Protocol):
    """Answers of calls that nobody waited for; kept for a week. All raise StoreUnavailable."""

    async def start(self, *, team_id: str, broadcast: str, tasks: Sequence[tuple[str, str]]) -> None:
        """Note tasks as (id, name of the target)."""
        ...

    async def finish(self, *, task_id: str, answer: dict[str, Any]) -> None: ...

    async def get(self, *, team_id: str, task_id: str) -> dict[str, Any] | None:
        """Return {"task_id", "broadcast", "name", "status": "running" | "done" | "lost", "created_at", "result"}."""
        ...


@dataclass(frozen=True, slots=True)
class Stores:
    """Every port, and how to let go of what stands behind them."""

    records: RecordStore
    leases: LeaseStore
    inbox: Inbox
    use_marks: UseMarks
    schedules: ScheduleStore
    tasks: TaskStore
    memos: MemoStore
    counters: Counters
    request_logs: RequestLogStore
    close: Callable[[], Awaitable[None]]
    tidings: Tidings = field(default_factory=NoTidings)
