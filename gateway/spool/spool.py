"""The spool: what a call used is on disk before its last byte is on its way."""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.spool import reader, recovery, segments, writer
from gateway.spool.backlog import Backlog, Lag
from gateway.spool.errors import SpoolBroken, SpoolError, SpoolFull, SpoolLocked
from gateway.spool.fresh import FreshFinals
from gateway.spool.reader import Batch, Final, final_of
from gateway.spool.records import MAX_PAYLOAD, Kind, check_size
from gateway.spool.recovery import Found, Recovery
from gateway.spool.segments import Position
from gateway.spool.writer import Entry, Settled, Told, Writer

_INTENT, _FINAL = Kind.INTENT, Kind.FINAL
#: A call that is over sooner leaves no intent. A killed process loses the intents of at most twice as long.
_BEGINNING_SECONDS = 0.005
Intent = tuple[bytes, bytes]  # a payload in two parts


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
        self._fresh = FreshFinals()
        self._offered: Batch | None = None
        self._begun: dict[str, Intent] = {}  # {event id: intent}, of calls that may be over soon
        self._begun_before: dict[str, Intent] = {}  # those that have been waiting since the last look
        self._is_looking = False
        self._gathered: list[Entry] = []  # for the next batch, as is
        self._moved_to: Position | None = None  # what has been confirmed since the last one
        self._has_room = False  # seen since the last batch
        self._writer = Writer(
            folder,
            incarnation=self.incarnation,
            segment_bytes=limits.segment_bytes,
            min_free_bytes=limits.min_free_bytes,
            take=self._take,
            settled=self._settle,
        )

    @classmethod
    async def open(cls, folder: Path, *, limits: SpoolLimits | None = None) -> Spool:
        """Lock the directory, recover what is there, and start. `recovery` tells what was found.

        Raises: SpoolLocked; OSError when the directory cannot be used.
        """
        spool = cls(folder, _lock(folder), limits or SpoolLimits())
        try:
            await spool._start()
        except BaseException:
            os.close(spool._lock)
            raise
        spool._backlog.add(spool.recovery.finals, time.monotonic())
        spool._arrived.set()
        return spool

    def intent(self, event_id: str, payload: bytes, ending: bytes = b"") -> None:
        """Note that a call begins; written unless it is over in 10 ms, synced with the next final or within a second.

        ending: of the payload. The two are put together when they are written, which is seldom.
        Raises: SpoolFull, SpoolBroken, PayloadTooLarge.
        """
        if not self._has_room:
            self._check_room()
        if len(payload) + len(ending) > MAX_PAYLOAD:
            check_size(payload + ending)
        self._begun[event_id] = payload, ending
        if not self._is_looking:
            self._look_later()

    def checkpoint(self, event_id: str, payload: bytes) -> None:
        """Note how far a call has come. Ignored for a call without intent. Raises: SpoolBroken, PayloadTooLarge."""
        self._check_sound()
        check_size(payload)
        if (intent := self._take_intent(event_id)) is not None:
            self._gathered.append((_INTENT, event_id, intent, None))
        self._gathered.append((Kind.CHECKPOINT, event_id, payload, None))
        self._writer.wake()

    def keep(self, event_id: str, payload: bytes, settled: Told) -> None:
        """Note what a call used. settled: told in the loop when it is on disk, or what kept it from being so.

        Raises: SpoolBroken, PayloadTooLarge; then `settled` is not called.
        """
        if self._is_closed or self._writer.is_broken:
            self._check_sound()
        if len(payload) > MAX_PAYLOAD:
            check_size(payload)
        if self._begun.pop(event_id, None) is None:
            self._begun_before.pop(event_id, None)
        self._gathered.append((_FINAL, event_id, payload, settled))
        if not self._writer.is_awake:
            self._writer.wake()

    async def final(self, event_id: str, payload: bytes) -> None:
        """Return when what a call used is on disk. Cancelling the wait does not take the record back.

        Raises: SpoolFull when the disk has no room for it, SpoolBroken, PayloadTooLarge.
        """
        waiter: asyncio.Future[None] = self._loop.create_future()

        def settled(error: SpoolError | None) -> None:
            if waiter.done():
                return
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error.__class__(error.message))

        self.keep(event_id, payload, settled)
        await waiter

    async def pending(self, limit: int = 500) -> Batch | None:
        """Return the oldest finals that are not confirmed, about `limit`, or None. The same ones until they are."""
        self._arrived.clear()
        if self._offered is None:
            self._offered = self._fresh.first(limit) or await self._read(limit)
        return self._offered

    def confirm(self, batch: Batch) -> None:
        """Forget a batch that `pending` returned: PostgreSQL has committed it."""
        self._offered = None
        self._backlog.confirm(len(batch.finals))
        self._fresh.forget(batch)
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
        self._is_closed, self._has_room = True, False
        self._note_begun(self._begun_before | self._begun)
        self._begun_before, self._begun = {}, {}
        try:
            await self._writer.stop()
        finally:
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
        self._has_room = True

    def _take_intent(self, event_id: str) -> bytes | None:
        intent = self._begun.pop(event_id, None) or self._begun_before.pop(event_id, None)
        return None if intent is None else b"".join(intent)

    def _look_later(self) -> None:
        self._is_looking = True
        self._loop.call_later(_BEGINNING_SECONDS, self._look)

    def _look(self) -> None:
        """Have the calls noted that had begun by the last look and go on."""
        self._note_begun(self._begun_before)
        self._begun_before, self._begun = self._begun, {}
        self._is_looking = False
        if self._begun_before:
            self._look_later()

    def _note_begun(self, begun: Mapping[str, Intent]) -> None:
        if begun:
            self._gathered += [(_INTENT, event_id, b"".join(intent), None) for event_id, intent in begun.items()]
            self._writer.wake()

    def _take(self) -> writer.Batch:
        """Give the writer what has gathered."""
        self._has_room = False
        batch = writer.Batch(self._gathered, self._moved_to)
        self._gathered, self._moved_to = [], None
        return batch

    def _move(self, position: Position) -> None:
        if position > self._confirmed:
            self._confirmed = self._moved_to = position
            self._writer.wake()

    async def _read(self, limit: int) -> Batch | None:
        """Return a batch from the disk: what an earlier life left, or what memory had no room for."""
        if self._fresh.is_whole:
            return None
        batch = await asyncio.to_thread(reader.read, self._writer.segments, self._confirmed, limit)
        # what becomes durable from here on comes after the batch, so memory can take over
        self._fresh.begin_after(batch.position)
        if batch.finals:
            return batch
        self._move(batch.position)
        return None

    async def _start(self) -> None:
        found: Found = await asyncio.to_thread(recovery.read, self._folder)
        await self._writer.start(found.sound, found.rewritten)
        self._fresh.written_to = self._writer.position
        for path in found.damaged:
            found.report.quarantined.append(path.rename(path.with_suffix(".bad")))
        await asyncio.to_thread(segments.sync_folder, self._folder)
        self.recovery = found.report

    def _settle(self, settled: Settled) -> None:
        """Take the end of a batch."""
        self._has_room = False
        error, finals = settled.error, settled.finals
        for _, _, _, told in finals:  # first: they wait
            assert told is not None
            try:
                told(error)
            except Exception as failed:  # the others, and the writer, go on
                self._loop.call_exception_handler({"message": "The end of a call failed.", "exception": failed})
        if error is None:
            self._fresh.add([final_of(entry[1:3]) for entry in finals], settled.position)
            if finals:
                self._backlog.add(len(finals), time.monotonic())
                self._arrived.set()


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
