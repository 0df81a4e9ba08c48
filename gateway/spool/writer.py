"""The one thread that writes: it gathers what is pending, writes once, syncs once, then tells those who wait."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from gateway.spool import segments
from gateway.spool.errors import SpoolBroken, SpoolError, SpoolFull
from gateway.spool.records import Kind
from gateway.spool.segments import Position, Segment

Waiter = asyncio.Future[None]
#: Called in the writer's thread: the waiters of a commit, and the error that all of them get, or None.
Settled = Callable[[Sequence[Waiter], SpoolError | None], None]

_BATCH_RECORDS = 1000
_SYNC_SECONDS = 1.0  # the longest that an intent, which nobody awaits, stays unsynced
_NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT))


@dataclass(frozen=True, slots=True)
class Entry:
    """A record to append. waiter: who is told when it is durable."""

    kind: Kind
    event_id: str
    record: bytes
    waiter: Waiter | None


@dataclass(slots=True)
class _Unfinished:
    """A call that is under way: its latest record, and the segment that holds it."""

    record: bytes
    number: int


class Writer:
    """Owns the files from `start` to `stop`. `segments` may be read from other threads."""

    def __init__(
        self, folder: Path, *, incarnation: uuid.UUID, segment_bytes: int, min_free_bytes: int, settled: Settled
    ) -> None:
        self.segments: dict[int, Segment] = {}
        self.is_full = False
        self.is_broken = False
        self._folder = folder
        self._incarnation = incarnation
        self._segment_bytes = segment_bytes
        self._min_free_bytes = min_free_bytes
        self._settled = settled
        self._queue: SimpleQueue[Entry | Position | None] = SimpleQueue()
        self._unfinished: dict[str, _Unfinished] = {}
        self._confirmed = Position(0, 0)
        self._looked_at = 0.0
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)

    def start(self, sound: Iterable[Segment], rewritten: Sequence[bytes]) -> None:
        """Take over what a recovery found, write and sync what it wants rewritten, and begin to serve."""
        self.segments.update((segment.number, segment) for segment in sound)
        self._open(segments.next_number(self._folder))
        for record in rewritten:
            if self._size + len(record) > self._segment_bytes:
                self._rotate()
            self._write([record])
        self._sync()
        self._look_at_disk()
        self._thread.start()

    def put(self, item: Entry | Position) -> None:
        """Hand over a record to append, or the position up to which everything is confirmed."""
        self._queue.put(item)

    def stop(self) -> None:
        """Write what is pending and end the thread. Removes the files when everything is confirmed and finished."""
        self._queue.put(None)
        self._thread.join()
        if not self.is_broken:
            self._sync()
            self._active.is_sealed = True
            if not self._unfinished:
                self._retire(self._confirmed)
        os.close(self._descriptor)

    # the thread

    def _run(self) -> None:
        while True:
            entries, confirmed, is_last = self._gather()
            if self.is_broken:
                self._settle(entries, SpoolBroken("The spool's disk has failed. Start the gateway again."))
            else:
                self._commit(entries, confirmed)
            if is_last:
                return

    def _gather(self) -> tuple[list[Entry], Position | None, bool]:
        """Return everything that is pending, waiting for the first if need be."""
        entries: list[Entry] = []
        confirmed: Position | None = None
        try:
            item = self._queue.get(timeout=_SYNC_SECONDS if self._is_dirty or self.is_full else None)
            while True:
                if item is None:
                    return entries, confirmed, True
                if isinstance(item, Position):
                    confirmed = item
                else:
                    entries.append(item)
                if len(entries) >= _BATCH_RECORDS:
                    break
                item = self._queue.get_nowait()
        except Empty:
            pass
        return entries, confirmed, False

    def _commit(self, entries: list[Entry], confirmed: Position | None) -> None:
        try:
            self._append(entries)
            if any(entry.waiter for entry in entries) or time.monotonic() - self._synced_at >= _SYNC_SECONDS:
                self._sync()
            self._settle(entries, None)
            if confirmed is not None:
                self._confirmed = confirmed
                self._retire(confirmed)
            self._look_at_disk()
        except _NoRoom:
            self.is_full = True
            self._settle(entries, SpoolFull("The spool's disk is full. Free space, or wait until events are shipped."))
        except OSError as error:
            # after a failed fsync nobody knows what is on disk, and a second fsync would lie
            self.is_broken = True
            self._settle(
                entries, SpoolBroken(f"The spool's disk has failed ({error.strerror}). Start the gateway again.")
            )

    def _append(self, entries: list[Entry]) -> None:
        changed: dict[str, bytes | None] = {}  # {event id: latest record, None once it is final}
        kept: list[bytes] = []
        for entry in entries:
            event_id = entry.event_id
            if entry.kind is Kind.CHECKPOINT and not self._is_under_way(event_id, changed):
                continue  # it would reopen a finished call
            changed[event_id] = None if entry.kind is Kind.FINAL else entry.record
            kept.append(entry.record)
        if not kept:
            return
        if self._size + sum(map(len, kept)) > self._segment_bytes:
            self._rotate()
        self._write(kept)
        for event_id, record in changed.items():
            if record is None:
                self._unfinished.pop(event_id, None)
            else:
                self._unfinished[event_id] = _Unfinished(record, self._active.number)

    def _is_under_way(self, event_id: str, changed: dict[str, bytes | None]) -> bool:
        return changed[event_id] is not None if event_id in changed else event_id in self._unfinished

    def _settle(self, entries: list[Entry], error: SpoolError | None) -> None:
        waiters = [entry.waiter for entry in entries if entry.waiter is not None]
        if waiters:
            self._settled(waiters, error)

    # files

    def _open(self, number: int) -> None:
        self._active, self._descriptor = segments.create(self._folder, number, self._incarnation)
        self._size = segments.HEADER_BYTES
        self._is_dirty = False
        self._synced_at = time.monotonic()
        self.segments[number] = self._active

    def _write(self, parts: list[bytes]) -> None:
        remaining = memoryview(b"".join(parts))
        size = self._size + len(remaining)
        self._is_dirty = True
        try:
            while remaining:
                remaining = remaining[os.write(self._descriptor, remaining) :]
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            # half a record must not stand between two whole ones
            os.ftruncate(self._descriptor, self._size)
            raise _NoRoom from None
        self._size = size

    def _sync(self) -> None:
        if self._is_dirty:
            os.fdatasync(self._descriptor)
            self._is_dirty = False
        self._synced_at = time.monotonic()
        self._active.durable_bytes = self._size

    def _rotate(self) -> None:
        if self._size == segments.HEADER_BYTES:
            return
        self._sync()
        full, descriptor = self._active, self._descriptor
        try:
            self._open(full.number + 1)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            raise _NoRoom from None
        full.is_sealed = True
        os.close(descriptor)

    def _retire(self, confirmed: Position) -> None:
        """Remove, from the oldest on, the segments that end before `confirmed`; calls under way are carried over."""
        for number in sorted(self.segments):
            segment = self.segments[number]
            is_read = number < confirmed.number or Position(number, segment.durable_bytes) <= confirmed
            if not (segment.is_sealed and is_read):
                return
            self._carry_over(number)
            if segment.is_damaged:
                segment.path.rename(segment.path.with_suffix(".bad"))
            else:
                segment.path.unlink()
            del self.segments[number]

    def _carry_over(self, number: int) -> None:
        moved = [call for call in self._unfinished.values() if call.number == number]
        if moved:
            self._write([call.record for call in moved])
            self._sync()
            for call in moved:
                call.number = self._active.number

    def _look_at_disk(self) -> None:
        now = time.monotonic()
        if self.is_full or now - self._looked_at >= _SYNC_SECONDS:
            self._looked_at = now
            self.is_full = shutil.disk_usage(self._folder).free < self._min_free_bytes


class _NoRoom(Exception):
    """The disk is full; what was begun has been taken back."""
