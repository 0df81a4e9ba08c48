"""The one thread that writes: it takes a batch, writes once, syncs once, then tells the loop.

A batch is what the loop has gathered while the one before was written, so the thread is woken once for many calls, and
never in the middle of a turn of the loop.
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple

from gateway import crash_points
from gateway.spool import segments
from gateway.spool.errors import SpoolBroken, SpoolError, SpoolFull
from gateway.spool.records import Kind, encode
from gateway.spool.segments import Position, Segment

#: Takes the end of a final: None once it is on disk, else what kept it from being so.
Told = Callable[[SpoolError | None], None]
_SYNC_SECONDS = 1.0  # the longest that an intent, which nobody awaits, stays unsynced
_NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT))


#: A record to append: its kind, event id and payload; and who is told in the loop of the end of a final.
Entry = tuple[Kind, str, bytes, Told | None]


class Batch(NamedTuple):
    """What the loop has gathered. confirmed: up to where PostgreSQL has everything, when that has moved."""

    entries: Sequence[Entry]
    confirmed: Position | None


_EMPTY = Batch((), None)
_FINAL = Kind.FINAL


class Settled(NamedTuple):
    """The end of a batch. finals: those in it; position: up to where the spool is written.

    error: what all who wait get, or None.
    """

    finals: Sequence[Entry]
    position: Position
    error: SpoolError | None


class _Unfinished(NamedTuple):
    """A call that is under way: its latest record, and the segment that holds it."""

    record: bytes
    number: int


class Writer:
    """Owns the files from `start` to `stop`. `segments` may be read from other threads."""

    def __init__(
        self,
        folder: Path,
        *,
        incarnation: uuid.UUID,
        segment_bytes: int,
        min_free_bytes: int,
        settled: Callable[[Settled], None],
    ) -> None:
        """settled: called in the thread, once for each batch."""
        self.segments: dict[int, Segment] = {}
        self.is_full = False
        self.is_broken = False
        self._folder = folder
        self._incarnation = incarnation
        self._segment_bytes = segment_bytes
        self._min_free_bytes = min_free_bytes
        self._settled = settled
        self._queue: SimpleQueue[Batch | None] = SimpleQueue()
        self._unfinished: dict[str, _Unfinished] = {}
        self._confirmed = Position(0, 0)
        self._finals_end = Position(0, 0)  # behind the last final
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
        self._finals_end = self.position
        self._look_at_disk()
        self._thread.start()

    def put(self, batch: Batch) -> None:
        """Hand over records to append, and up to where everything is confirmed."""
        self._queue.put(batch)

    @property
    def position(self) -> Position:
        """Where the next record will stand. For the loop only before the first batch."""
        return Position(self._active.number, self._size)

    def stop(self) -> None:
        """Write what is pending and end the thread. Removes the files when everything is confirmed and finished."""
        self._queue.put(None)
        self._thread.join()
        if not self.is_broken:
            self._sync()
            self._cut()
            self._active.is_sealed = True
            if not self._unfinished:
                self._retire(self._confirmed)
        os.close(self._descriptor)

    # the thread

    def _run(self) -> None:
        while True:
            try:
                batch = self._queue.get(timeout=_SYNC_SECONDS if self._is_dirty or self.is_full else None)
            except Empty:
                batch = _EMPTY
            if batch is None:
                return
            finals = [entry for entry in batch.entries if entry[0] is _FINAL]
            error = self._commit(batch, finals)
            if batch is not _EMPTY:
                self._settled(Settled(finals, self.position, error))
                crash_points.reach("spool.after_settle")

    def _commit(self, batch: Batch, finals: Sequence[Entry]) -> SpoolError | None:
        """Make a batch durable. Return what kept it from being so."""
        if self.is_broken:
            return SpoolBroken("The spool's disk has failed. Start the gateway again.")
        active = self._active
        try:
            self._append(batch.entries, {event_id for _, event_id, _, _ in finals})
            if finals or time.monotonic() - self._synced_at >= _SYNC_SECONDS:
                self._sync()
            if batch.confirmed is not None:
                self._confirmed = batch.confirmed
            if batch.confirmed is not None or self._active is not active:
                self._retire(self._confirmed)
            self._look_at_disk()
        except _NoRoom:
            self.is_full = True
            return SpoolFull("The spool's disk is full. Free space, or wait until events are shipped.")
        except OSError as error:
            # after a failed fsync nobody knows what is on disk, and a second fsync would lie
            self.is_broken = True
            return SpoolBroken(f"The spool's disk has failed ({error.strerror}). Start the gateway again.")
        return None

    def _append(self, entries: Sequence[Entry], ended: set[str]) -> None:
        """Write the records, but those that a later one of the same batch makes void. ended: calls with a final."""
        changed: dict[str, bytes] = {}  # {event id: latest record} of those that go on
        kept: list[bytes] = []
        for kind, event_id, payload, _ in entries:
            if kind is _FINAL:
                kept.append(encode(kind, event_id, payload))
                continue
            if event_id in ended:
                continue  # begun and ended in one write: the final says it all
            if kind is Kind.CHECKPOINT and event_id not in changed and event_id not in self._unfinished:
                continue  # it would reopen a finished call
            kept.append(record := encode(kind, event_id, payload))
            changed[event_id] = record
        if not kept:
            return
        if self._size + sum(map(len, kept)) > self._segment_bytes:
            self._rotate()
        self._write(kept)
        number = self._active.number
        if ended:
            self._finals_end = self.position
        for event_id in ended:
            self._unfinished.pop(event_id, None)
        for event_id, latest in changed.items():
            self._unfinished[event_id] = _Unfinished(latest, number)

    # files

    def _open(self, number: int) -> None:
        self._active, self._descriptor = segments.create(self._folder, number, self._incarnation, self._segment_bytes)
        self._size = segments.HEADER_BYTES
        self._is_dirty = False
        self._synced_at = time.monotonic()
        self.segments[number] = self._active

    def _write(self, parts: list[bytes]) -> None:
        remaining = memoryview(b"".join(parts))
        size = self._size + len(remaining)
        self._is_dirty = True
        crash_points.reach("spool.before_write")
        try:
            while remaining:
                remaining = remaining[os.write(self._descriptor, remaining) :]
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            # half a record must not stand between two whole ones
            self._cut()
            raise _NoRoom from None
        self._size = size
        crash_points.reach("spool.after_write")

    def _cut(self) -> None:
        """Let the segment end where it is written to."""
        os.ftruncate(self._descriptor, self._size)
        os.lseek(self._descriptor, self._size, os.SEEK_SET)

    def _sync(self) -> None:
        if self._is_dirty:
            os.fdatasync(self._descriptor)
            self._is_dirty = False
            crash_points.reach("spool.after_sync")
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
        crash_points.reach("spool.after_rotate")

    def _retire(self, confirmed: Position) -> None:
        """Remove, from the oldest on, the segments without a final behind `confirmed`; calls under way are carried
        over, so that those that note how far they are do not fill the disk while none ends."""
        are_all_read = self._finals_end <= confirmed
        for number in sorted(self.segments):
            segment = self.segments[number]
            is_read = are_all_read or Position(number, segment.durable_bytes) <= confirmed
            if not (segment.is_sealed and is_read):
                return
            self._carry_over(number)
            crash_points.reach("spool.before_unlink")
            if segment.is_damaged:
                segment.path.rename(segment.path.with_suffix(".bad"))
            else:
                segment.path.unlink()
            del self.segments[number]
            crash_points.reach("spool.after_unlink")

    def _carry_over(self, number: int) -> None:
        moved = {event_id: call.record for event_id, call in self._unfinished.items() if call.number == number}
        if moved:
            self._write(list(moved.values()))
            self._sync()
            for event_id, record in moved.items():
                self._unfinished[event_id] = _Unfinished(record, self._active.number)
            crash_points.reach("spool.after_carry_over")

    def _look_at_disk(self) -> None:
        now = time.monotonic()
        if self.is_full or now - self._looked_at >= _SYNC_SECONDS:
            self._looked_at = now
            self.is_full = shutil.disk_usage(self._folder).free < self._min_free_bytes


class _NoRoom(Exception):
    """The disk is full; what was begun has been taken back."""
