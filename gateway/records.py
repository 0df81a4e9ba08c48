"""Published records in memory: routes all of them, the others as they are asked for, none of them stale for long.

A warm look-up is a dictionary access. The feed tells which records changed; those are dropped and read again when next
asked for. When the feed has not been heard for `trust_seconds`, nothing in memory is trusted any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from domain.routing.matching import Table
from domain.routing.snapshot import API_KEY, CANDIDATE, CODECS, CUSTOMER, NAMED, ROUTE, SECRET, SERVICE, Codec
from gateway.stores.base import Changes, RecordStore, StoreUnavailable

log = logging.getLogger(__name__)
T = TypeVar("T")


class Untrusted(StoreUnavailable):
    """The feed has been silent for too long: who may call what is not known any more."""


class Missing(NamedTuple):
    """A record that has to be read first."""

    shelf: Shelf[Any]
    key: str

    async def load(self) -> None:
        """Read it. Raises StoreUnavailable."""
        await self.shelf.get(self.key)


class Shelf(Generic[T]):
    """Records of one kind, least recently used first out. Absent ones are remembered too.

    prepare: what to keep instead of the bare record; done once when it is read.
    """

    def __init__(self, codec: Codec[Any], store: RecordStore, prepare: Callable[[Any], T], size: int) -> None:
        self._codec, self._store, self._prepare, self._size = codec, store, prepare, size
        self._kept: OrderedDict[str, T | None] = OrderedDict()
        self._loading: dict[str, asyncio.Future[T | None]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def peek(self, key: str) -> tuple[bool, T | None]:
        """Return whether `key` is in memory, and what it is."""
        if key not in self._kept:
            return False, None
        self._kept.move_to_end(key)
        return True, self._kept[key]

    def holds(self, key: str, record: T) -> bool:
        """Return whether this very record is the one in memory: nothing has changed since it was taken from here."""
        if not self.has(key, record):
            return False
        self._kept.move_to_end(key)
        return True

    def has(self, key: str, record: T) -> bool:
        """Return what `holds` does, for somebody who does not use the record: it is not kept any longer for that."""
        return self._kept.get(key) is record

    async def get(self, key: str) -> T | None:
        """Return the record, read from the store once however many ask. Raises StoreUnavailable."""
        known, kept = self.peek(key)
        if known:
            return kept
        loading = self._loading.get(key)
        if loading is None:
            loading = self._loading[key] = asyncio.ensure_future(self._load(key))
            loading.add_done_callback(lambda done: self._forget_load(key, done))
        # one waiter who leaves must not take the answer from the others
        return await asyncio.shield(loading)

    def drop(self, key: str) -> None:
        """Forget `key`, also where it is just being read: what is on its way may be older than the change."""
        self._kept.pop(key, None)
        self._loading.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._loading.clear()

    async def _load(self, key: str) -> T | None:
        this = asyncio.current_task()
        stored = await self._store.fetch(self._codec.kind, key)
        record = None if stored.body is None else self._decode(key, stored.body)
        if self._loading.get(key) is this:
            self._kept[key] = record
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return record

    def _decode(self, key: str, body: object) -> T | None:
        try:
            return self._prepare(self._codec.decode(body))
        except (ValidationError, ValueError):
            log.exception("record.unreadable kind=%s key=%s", self._codec.kind, key)
            return None

    def _forget_load(self, key: str, done: asyncio.Future[T | None]) -> None:
        if self._loading.get(key) is done:
            del self._loading[key]
        if not done.cancelled():
            done.exception()  # seen here, so that a failure nobody waits for is no warning


class Records:
    """All that the data plane knows of the control plane."""

    def __init__(
        self,
        store: RecordStore,
        *,
        prepare: dict[str, Callable[[Any], Any]],
        sizes: dict[str, int] | None = None,
        poll_seconds: float = 0.25,
        trust_seconds: float = 30,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._poll_seconds, self._trust_seconds, self._clock = store, poll_seconds, trust_seconds, clock
        self.routes = Table()
        self.shelves: dict[str, Shelf[Any]] = {
            codec.kind: Shelf(
                CODECS[codec.kind],
                store,
                prepare.get(codec.kind, lambda record: record),
                (sizes or {}).get(codec.kind, 100_000),
            )
            for codec in (API_KEY, CUSTOMER, SERVICE, SECRET, CANDIDATE, *NAMED)
        }
        #: Another one after each change: what was worked out from records before may hold no more.
        self.generation = 0
        self._next_version = 0
        self._heard_at = -1e9
        self._seen: dict[tuple[str, str], int] = {}

    async def start(self) -> None:
        """Read every route and the place in the feed from which to follow. Raises StoreUnavailable."""
        next_version = await self._store.horizon()
        for path, body in (await self._store.fetch_all("route")).items():
            self._set_route(path, body)
        self._next_version = next_version
        self._heard_at = self._clock()

    async def follow(self) -> None:
        """Follow the feed until cancelled."""
        while True:
            with contextlib.suppress(StoreUnavailable):
                await (self.catch_up() if self._next_version else self.start())
            await asyncio.sleep(self._poll_seconds)

    async def catch_up(self) -> None:
        """Drop what has changed since the last time. Raises StoreUnavailable."""
        changes = await self._store.changes(self._next_version)
        await self._apply(changes)
        self._next_version = changes.next_version
        self._heard_at = self._clock()

    def check_trust(self) -> None:
        """Raises Untrusted when the feed has been silent for too long."""
        if self._clock() - self._heard_at > self._trust_seconds:
            raise Untrusted("The feed of published records is silent.")

    async def _apply(self, changes: Changes) -> None:
        # rows behind the horizon come again until the oldest open transaction ends; each counts once
        fresh = [each for each in changes.changes if self._seen.get((each.kind, each.key)) != each.version]
        for change in fresh:
            if change.kind == "route":
                self._set_route(change.key, (await self._store.fetch("route", change.key)).body)
            elif change.kind in self.shelves:
                self.shelves[change.kind].drop(change.key)
                self.generation += 1
        self._seen = {
            (each.kind, each.key): each.version for each in changes.changes if each.version >= changes.next_version
        }

    def _set_route(self, path: str, body: Any) -> None:
        self.generation += 1
        if body is None:
            self.routes.remove(path)
            return
        try:
            self.routes.set_record(ROUTE.decode(body))
        except ValidationError:
            log.exception("record.unreadable kind=route key=%s", path)
