"""The one task that writes: it takes a batch, writes once, has it synced once, then tells who waits.

A batch is what the loop has gathered while the one before was on its way to the disk, so the disk is asked once for
many calls. The loop writes, which is into memory; it never waits for the disk.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar, TypeVarTuple

from gateway import crash_points
from gateway.spool import segments, syncing
from gateway.spool.errors import SpoolBroken, SpoolError, SpoolFull
from gateway.spool.records import Kind, encode
from gateway.spool.segments import Position, Segment
from gateway.spool.syncing import Sync

#: Takes the end of a final: None once it is on disk, else what kept it from being so.
Told = Callable[[SpoolError | None], None]
_SYNC_SECONDS = 1.0  # the longest that an intent, which nobody awaits, stays unsynced
_ZEROS = memoryview(bytes(64 * 1024))
_NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT))
R = TypeVar("R")
Ts = TypeVarTuple("Ts")


#: A record to append: its kind, event id and payload; and who is told in the loop of the end of a final.
Entry = tuple[Kind, str, bytes, Told | None]


class Batch(NamedTuple):
    """What the loop has gathered. confirmed: up to where PostgreSQL has everything, when that has moved."""

    entries: Sequence[Entry]
    confirmed: Position | None


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
        take: Callable[[], Batch],
        settled: Callable[[Settled], None],
    ) -> None:
        """take: gives what has gathered. settled: told once for each batch taken."""
        self.segments: dict[int, Segment] = {}
        self.is_full = False
        self.is_broken = False
        self.is_awake = False  # something is to be taken
        self._folder = folder
        self._incarnation = incarnation
        self._segment_bytes = segment_bytes
        self._min_free_bytes = min_free_bytes
        self._take = take
        self._settled = settled
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, "spool")  # for what takes long, and is seldom done
        self._asleep: asyncio.Future[None] | None = None
        self._on_its_way: Sequence[Entry] = ()  # finals of the batch that is being written
        self._is_stopping = False
        self._is_looking = False  # it will be woken without being asked
        self._unfinished: dict[str, _Unfinished] = {}
        self._confirmed = Position(0, 0)
        self._finals_end = Position(0, 0)  # behind the last final
        self._looked_at = 0.0

    async def start(self, sound: Iterable[Segment], rewritten: Sequence[bytes]) -> None:
        """Take over what a recovery found, write and sync what it wants rewritten, and begin to serve."""
        self.segments.update((segment.number, segment) for segment in sound)
        await self._open(segments.next_number(self._folder))
        self._syncing: Sync = await syncing.quickest(self._descriptor, self._thread)
        for record in rewritten:
            if self._size + len(record) > self._segment_bytes:
                await self._rotate()
            self._write([record])
        await self._sync()
        self._finals_end = self.position
        self._look_at_disk()
        self._task = self._loop.create_task(self._run())
        self._task.add_done_callback(self._end)

    def wake(self) -> None:
        """Have taken what gathers in this turn of the loop, as soon as what is on its way is on disk."""
        self.is_awake = True
        if self._asleep is not None:
            self._asleep.set_result(None)
            self._asleep = None

    @property
    def position(self) -> Position:
        """Where the next record will stand."""
        return Position(self._active.number, self._size)

    async def stop(self) -> None:
        """Write what has gathered and end. Removes the files when everything is confirmed and finished."""
        self._is_stopping = True
        self.wake()
        try:
            await self._task
            if not self.is_broken:
                await self._sync()
                self._cut()
                self._active.is_sealed = True
                if not self._unfinished:
                    await self._retire(self._confirmed)
        finally:
            os.close(self._descriptor)
            self._syncing.close()
            self._thread.shutdown()

    async def _aside(self, function: Callable[[*Ts], R], *arguments: *Ts) -> R:
        return await self._loop.run_in_executor(self._thread, function, *arguments)

    async def _run(self) -> None:
        is_last = False
        while not is_last:
            if not self.is_awake:
                self._asleep = self._loop.create_future()
                await self._asleep
            self.is_awake, is_last = False, self._is_stopping
            batch, active = self._take(), self._active
            self._on_its_way = finals = _finals(batch)
            error = await self._commit(batch.entries, finals)
            self._on_its_way = ()
            self._settled(Settled(finals, self.position, error))
            crash_points.reach("spool.after_settle")
            await self._tidy(batch.confirmed, is_due=self._active is not active)
            if self._is_dirty or self.is_full:
                self._look_later()
            await asyncio.sleep(0)  # what the rest of this turn brings goes with the next batch

    def _end(self, task: asyncio.Task[None]) -> None:
        """Tell all who wait when the task ended of a mistake of ours: nobody writes any more."""
        if task.cancelled() or (mistake := task.exception()) is None:
            return
        self.is_broken = True
        self._loop.call_exception_handler({"message": "The spool's writer failed.", "exception": mistake, "task": task})
        waiting = [*self._on_its_way, *_finals(self._take())]
        self._settled(Settled(waiting, self.position, SpoolBroken("The spool has failed. Start the gateway again.")))

    def _look_later(self) -> None:
        if not self._is_looking:
            self._is_looking = True
            self._loop.call_later(_SYNC_SECONDS, self._look)

    def _look(self) -> None:
        self._is_looking = False
        self.wake()

    async def _commit(self, entries: Sequence[Entry], finals: Sequence[Entry]) -> SpoolError | None:
        """Make a batch durable. Return what kept it from being so."""
        if self.is_broken:
            return SpoolBroken("The spool's disk has failed. Start the gateway again.")
        try:
            await self._append(entries, {event_id for _, event_id, _, _ in finals})
            if finals or time.monotonic() - self._synced_at >= _SYNC_SECONDS:
                await self._sync()
            self._look_at_disk()
        except _NoRoom:
            self.is_full = True
            return SpoolFull("The spool's disk is full. Free space, or wait until events are shipped.")
        except OSError as error:
            # after a failed fsync nobody knows what is on disk, and a second fsync would lie
            self.is_broken = True
            return SpoolBroken(f"The spool's disk has failed ({error.strerror}). Start the gateway again.")
        return None

    async def _tidy(self, confirmed: Position | None, *, is_due: bool) -> None:
        """Remove what need not be kept. confirmed: when that has moved; is_due: look even if it has not."""
        if confirmed is not None:
            self._confirmed = confirmed
        elif not is_due:
            return
        if self.is_broken:
            return
        try:
            await self._retire(self._confirmed)
        except _NoRoom:
            self.is_full = True
        except OSError:
            self.is_broken = True

    async def _append(self, entries: Sequence[Entry], ended: set[str]) -> None:
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
            await self._rotate()
        self._write(kept)
        number = self._active.number
        if ended:
            self._finals_end = self.position
        for event_id in ended:
            self._unfinished.pop(event_id, None)
        for event_id, latest in changed.items():
            self._unfinished[event_id] = _Unfinished(latest, number)

    # files

    async def _open(self, number: int) -> None:
        size = self._segment_bytes
        self._active, self._descriptor = await self._aside(
            segments.create, self._folder, number, self._incarnation, size
        )
        self._size = self._cleared = segments.HEADER_BYTES
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
            if size > self._cleared:
                self._clear_ahead(size)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            # half a record must not stand between two whole ones
            self._cut()
            raise _NoRoom from None
        self._size = size
        crash_points.reach("spool.after_write")

    def _clear_ahead(self, size: int) -> None:
        """Write zeros where there are zeros: a sync need not note any more that these blocks are in use now."""
        ahead = _ZEROS[: max(0, self._segment_bytes - size)]
        os.pwrite(self._descriptor, ahead, size)
        self._cleared = size + len(ahead)

    def _cut(self) -> None:
        """Let the segment end where it is written to."""
        self._cleared = self._size
        os.ftruncate(self._descriptor, self._size)
        os.lseek(self._descriptor, self._size, os.SEEK_SET)

    async def _sync(self) -> None:
        if self._is_dirty:
            await self._syncing.sync(self._descriptor)
            self._is_dirty = False
            crash_points.reach("spool.after_sync")
        self._synced_at = time.monotonic()
        self._active.durable_bytes = self._size

    async def _rotate(self) -> None:
        if self._size == segments.HEADER_BYTES:
            return
        await self._sync()
        full, descriptor = self._active, self._descriptor
        try:
            await self._open(full.number + 1)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            raise _NoRoom from None
        full.is_sealed = True
        os.close(descriptor)
        crash_points.reach("spool.after_rotate")

    async def _retire(self, confirmed: Position) -> None:
        """Remove, from the oldest on, the segments without a final behind `confirmed`; calls under way are carried
        over, so that those that note how far they are do not fill the disk while none ends."""
        are_all_read = self._finals_end <= confirmed
        for number in sorted(self.segments):
            segment = self.segments[number]
            is_read = are_all_read or Position(number, segment.durable_bytes) <= confirmed
            if not (segment.is_sealed and is_read):
                return
            await self._carry_over(number)
            crash_points.reach("spool.before_unlink")
            del self.segments[number]
            await self._aside(segments.remove, segment)
            crash_points.reach("spool.after_unlink")

    async def _carry_over(self, number: int) -> None:
        moved = {event_id: call.record for event_id, call in self._unfinished.items() if call.number == number}
        if moved:
            self._write(list(moved.values()))
            await self._sync()
            for event_id, record in moved.items():
                self._unfinished[event_id] = _Unfinished(record, self._active.number)
            crash_points.reach("spool.after_carry_over")

    def _look_at_disk(self) -> None:
        now = time.monotonic()
        if self.is_full or now - self._looked_at >= _SYNC_SECONDS:
            self._looked_at = now
            self.is_full = shutil.disk_usage(self._folder).free < self._min_free_bytes


def _finals(batch: Batch) -> list[Entry]:
    return [entry for entry in batch.entries if entry[0] is _FINAL]


class _NoRoom(Exception):
    """The disk is full; what was begun has been taken back."""
