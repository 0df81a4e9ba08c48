"""Ports of the data plane. Everything that it wants from outside itself and the upstreams goes through these."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from gateway.spool.reader import Final


class StoreUnavailable(Exception):
    """The database cannot be reached now. Says nothing about the request."""


class LeaseEnded(Exception):
    """The books have taken the lease back, because this process was not heard of in time. Open another one."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it was read. body: None when there is none; version: the transaction that wrote it, 0 for none."""

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


class RecordStore(Protocol):
    async def fetch(self, kind: str, key: str) -> Stored: ...

    async def fetch_all(self, kind: str) -> dict[str, Any]: ...

    async def changes(self, since_version: int) -> Changes: ...

    async def horizon(self) -> int: ...


class LeaseStore(Protocol):
    async def draw(self, *, lease_id: str, wallet_id: str, minimum: Decimal, wanted: Decimal) -> Drawn: ...

    async def give_back(self, *, lease_id: str, amount: Decimal) -> None: ...

    async def renew(self) -> frozenset[str]: ...

    async def retire_others(self) -> None: ...


class UseMarks(Protocol):
    """When keys and secrets were last used; told at most once a minute each."""

    async def mark_used(self, *, api_key_ids: Sequence[str], secrets: Sequence[tuple[str, str]]) -> None: ...


class Inbox(Protocol):
    """Where usage events go; `gateway.spool.shipper.UsageInbox` says what it promises."""

    async def insert(self, finals: Sequence[Final]) -> None: ...


@dataclass(frozen=True, slots=True)
class Stores:
    """Every port, and how to let go of what stands behind them."""

    records: RecordStore
    leases: LeaseStore
    inbox: Inbox
    use_marks: UseMarks
    close: Callable[[], Awaitable[None]]
