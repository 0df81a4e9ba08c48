"""The spool: what a call used is on disk before its last byte is on its way."""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.spool import reader, recovery, segments
from gateway.spool.backlog import Backlog, Lag
from gateway.spool.errors import SpoolBroken, SpoolError, SpoolFull, SpoolLocked
from gateway.spool.reader import Batch, Final
from gateway.spool.records import Kind, encode
from gateway.spool.recovery import Found, Recovery
from gateway.spool.segments import Position
from gateway.spool.writer import Entry, Waiter, Writer


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    """segment_bytes: of one file. Nothing new is begun while the spool holds more than backlog_bytes, while the oldest
    unconfirmed final is older than backlog_seconds, or while the disk has less than min_free_bytes left."""

    segment_bytes: int = 8 * 1024 * 1024
    backlog_bytes: int = 4 * 1024 * 1024 * 1024
    backlog_seconds: float = 600.0
    min_free_bytes: int = 256 * 1024 * 1024


class Spool:
    """One directory, one process. Made by `open`, ended by `close`; everything else runs on one event loop.

    Payloads are JSON of at most 64 KiB, without bodies, header values or secrets: that is the caller's duty.
    """

    def __init__(self, folder: Path, lock: int, limits: SpoolLimits) -> None:
        self.incarnation = uuid.uuid4()
        self.recovery = Recovery()
        self._folder = folder
        self._lock = lock
        self._is_closed = False
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._backlog = Backlog()
        self._confirmed = Position(0, 0)
        self._writer = Writer(
            folder,
            incarnation=self.incarnation,
            segment_bytes=limits.segment_bytes,
            min_free_bytes=limits.min_free_bytes,
            settled=self._settled,
        )

    @classmethod
    async def open(cls, folder: Path, *, limits: SpoolLimits | None = None) -> Spool:
        """Lock the directory, recover what is there, and start. `recovery` tells what was found.

        Raises: SpoolLocked; OSError when the directory cannot be used.
        """
        spool = cls(folder, _lock(folder), limits or SpoolLimits())
        try:
            await asyncio.to_thread(spool._start)
        except BaseException:
            os.close(spool._lock)
            raise
        spool._backlog.add(spool.recovery.finals, time.monotonic())
        spool._arrived.set()
        return spool

    def intent(self, event_id: str, payload: bytes) -> None:
        """Note that a call begins; written at once, synced with the next final or within a second.

        Raises: SpoolFull, SpoolBroken, PayloadTooLarge.
        """
        self._check_room()
        self._writer.put(Entry(Kind.INTENT, event_id, encode(Kind.INTENT, event_id, payload), None))

    def checkpoint(self, event_id: str, payload: bytes) -> None:
        """Note how far a call has come. Ignored for a call without intent. Raises: SpoolBroken, PayloadTooLarge."""
        self._check_sound()
        self._writer.put(Entry(Kind.CHECKPOINT, event_id, encode(Kind.CHECKPOINT, event_id, payload), None))

    async def final(self, event_id: str, payload: bytes) -> None:
        """Return when what a call used is on disk. Cancelling the wait does not take the record back.

        Raises: SpoolFull when the disk has no room for it, SpoolBroken, PayloadTooLarge.
        """
        self._check_sound()
        waiter: Waiter = self._loop.create_future()
        self._writer.put(Entry(Kind.FINAL, event_id, encode(Kind.FINAL, event_id, payload), waiter))
        await waiter

    async def pending(self, limit: int = 500) -> Batch | None:
        """Return the oldest finals that are not confirmed, or None. The same ones until they are."""
        self._arrived.clear()
        batch = await asyncio.to_thread(reader.read, self._writer.segments, self._confirmed, limit)
        if batch.finals:
            return batch
        if batch.position > self._confirmed:
            self._move(batch.position)
        return None

    def confirm(self, batch: Batch) -> None:
        """Forget a batch that `pending` returned: PostgreSQL has committed it."""
        self._backlog.confirm(len(batch.finals))
        self._move(batch.position)

    async def arrival(self) -> None:
        """Wait until `pending` may have something new."""
        await self._arrived.wait()

    @property
    def is_broken(self) -> bool:
        """Whether the disk has failed: the process should end."""
        return self._writer.is_broken

    @property
    def lag(self) -> Lag:
        """How much waits to be confirmed."""
        held = sum(segment.durable_bytes for segment in list(self._writer.segments.values()))
        return Lag(self._backlog.events, held, self._backlog.seconds(time.monotonic()))

    def set_aside(self, final: Final) -> None:
        """Keep a final that PostgreSQL will never take, in `refused.jsonl`. Blocking: it is synced."""
        with (self._folder / "refused.jsonl").open("ab") as file:
            file.write(final.payload.replace(b"\n", b" ") + b"\n")
            file.flush()
            os.fsync(file.fileno())

    async def close(self) -> None:
        """Write what is pending and let the directory go. Everything put in from here on is refused."""
        self._is_closed = True
        await asyncio.to_thread(self._writer.stop)
        os.close(self._lock)

    def _check_sound(self) -> None:
        if self._is_closed:
            raise SpoolBroken("The spool has been closed: the gateway is stopping.")
        if self._writer.is_broken:
            raise SpoolBroken("The spool's disk has failed. Start the gateway again.")

    def _check_room(self) -> None:
        self._check_sound()
        if self._writer.is_full:
            raise SpoolFull("The spool's disk is nearly full. Free space, or wait until events are shipped.")
        limits = self._limits
        if len(self._writer.segments) * limits.segment_bytes > limits.backlog_bytes:
            raise SpoolFull("Too many events wait for PostgreSQL. Calls go on once they are shipped.")
        if self._backlog.seconds(time.monotonic()) > limits.backlog_seconds:
            raise SpoolFull("Events have waited too long for PostgreSQL. Calls go on once they are shipped.")

    def _move(self, position: Position) -> None:
        self._confirmed = position
        self._writer.put(position)

    def _start(self) -> None:
        found: Found = recovery.read(self._folder)
        self._writer.start(found.sound, found.rewritten)
        for path in found.damaged:
            found.report.quarantined.append(path.rename(path.with_suffix(".bad")))
        segments.sync_folder(self._folder)
        self.recovery = found.report

    def _settled(self, waiters: Sequence[Waiter], error: SpoolError | None) -> None:
        self._loop.call_soon_threadsafe(self._wake, waiters, error)

    def _wake(self, waiters: Sequence[Waiter], error: SpoolError | None) -> None:
        if error is None:
            self._backlog.add(len(waiters), time.monotonic())
            self._arrived.set()
        for waiter in waiters:
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error.__class__(error.message))


def _lock(folder: Path) -> int:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise SpoolLocked(
            f"Another gateway uses the spool in {folder}. Give each process a directory of its own."
        ) from None
    return descriptor
