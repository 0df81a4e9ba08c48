"""Two connections spliced: what one side sends goes to the other, as fast as that one reads, until somebody ends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

from gateway.live.course import Course, Ended
from gateway.sockets.frames import Close, FrameError, FrameReader, Passed

Side = Literal["client", "upstream"]
#: What may come before anybody listens; then reading pauses.
_EARLY_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class End:
    """Why a splice is over. by: who ended it. close: its close frame, if it sent one. error: what was wrong with it."""

    by: Side | Literal["gateway"]
    close: Close | None = None
    error: FrameError | None = None


class Leg:
    """One side: its transport, and how far its frames have been read. `listen` is called by the splice."""

    def __init__(self, side: Side, message_bytes: int) -> None:
        self.side: Side = side
        self.reader = FrameReader(is_masked=side == "client", message_bytes=message_bytes)
        self.transport = cast(asyncio.Transport, None)
        self.close: Close | None = None
        self.is_lost = False
        #: all that was passed on of this side ends with a whole frame
        self.ends_whole = True
        #: since when the machine on this side has not read what was sent to it, or 0
        self.blocked_since = 0.0
        #: its last word has come: a close frame, or the end of the connection
        self.has_ended = asyncio.Event()
        self._waiting: list[bytes] = []
        self._holds: set[str] = set()
        self._listener: Callable[[Leg, bytes], None] | None = None
        self._on_lost: Callable[[Leg], None] | None = None
        self._other: Leg | None = None

    def listen(self, other: Leg, taken: Callable[[Leg, bytes], None], lost: Callable[[Leg], None]) -> None:
        """Give what comes to `taken`, beginning with what has come already."""
        self._other, self._listener, self._on_lost = other, taken, lost
        self._drain()
        self.release("early")

    def take(self, data: bytes) -> None:
        """Take bytes from the transport."""
        if self._listener is not None and not self._waiting and not self._holds & {"paying"}:
            self._listener(self, data)
            return
        self._waiting.append(data)
        if self._listener is None and sum(map(len, self._waiting)) > _EARLY_BYTES:
            self.hold("early")

    def hold(self, why: str) -> None:
        """Read no further for now."""
        self._holds.add(why)
        if not self.is_lost and self.transport.is_reading():
            self.transport.pause_reading()

    def release(self, why: str) -> None:
        """Read on, unless there is another reason not to."""
        self._holds.discard(why)
        self._drain()
        if not self._holds and not self.is_lost and not self.transport.is_closing():
            self.transport.resume_reading()

    def blocked(self) -> None:
        """Note that the other machine does not read: ours need not write either."""
        self.blocked_since = time.monotonic()
        if self._other is not None:
            self._other.hold("blocked")

    def unblocked(self) -> None:
        """Note that the other machine reads again."""
        self.blocked_since = 0.0
        if self._other is not None:
            self._other.release("blocked")

    def lost(self) -> None:
        """Note that the connection is gone."""
        self.is_lost = True
        self.has_ended.set()
        if self._on_lost is not None:
            self._on_lost(self)

    def write(self, data: bytes) -> None:
        """Send, unless there is nobody any more."""
        if not self.is_lost and not self.transport.is_closing():
            self.transport.write(data)

    def _drain(self) -> None:
        while self._listener is not None and self._waiting and "paying" not in self._holds:
            self._listener(self, self._waiting.pop(0))


class Splice:
    """Carries frames until `ended` is set. close_seconds: how long an upstream may take to answer a close frame."""

    def __init__(self, course: Course, client: Leg, upstream: Leg, *, close_seconds: float) -> None:
        self._course, self._client, self._upstream = course, client, upstream
        self._close_seconds = close_seconds
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[End] = self._loop.create_future()
        self._paying: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Let what has come already, and what comes, pass."""
        self._upstream.listen(self._client, self._take, self._lost)
        self._client.listen(self._upstream, self._take, self._lost)

    def stop(self) -> None:
        """Pass nothing any more; only the last words of both sides are still listened to."""
        if not self.ended.done():
            self.ended.set_result(End("gateway"))
        for task in self._paying:
            task.cancel()
        if self._timer is not None:
            self._timer.cancel()
        for leg in (self._client, self._upstream):
            for why in ("paying", "blocked", "early"):
                leg.release(why)

    def _take(self, leg: Leg, data: bytes) -> None:
        if leg.close is not None:
            return  # nothing counts after a close frame
        try:
            passed = leg.reader.feed(data)
        except FrameError as error:
            leg.has_ended.set()
            self._end(End(leg.side, error=error))
            return
        if self.ended.done():
            self._last_word(leg, passed)
        elif (not passed.payload_bytes and not passed.messages) or self._course.may_pass(**_amounts(leg, passed)):
            self._pass(leg, passed)
        else:
            leg.hold("paying")
            task = self._loop.create_task(self._pay(leg, passed))
            self._paying.add(task)
            task.add_done_callback(self._paying.discard)

    async def _pay(self, leg: Leg, passed: Passed) -> None:
        """Hold the money for a piece, and pass it on then."""
        try:
            await self._course.pay(**_amounts(leg, passed))
        except Ended as error:
            self._end_by_gateway(error)
            return
        self._pass(leg, passed)
        leg.release("paying")

    def _pass(self, leg: Leg, passed: Passed) -> None:
        if self.ended.done():
            return
        try:
            self._course.passed(**_amounts(leg, passed))
        except Ended as error:
            self._end_by_gateway(error)
            return
        self._other(leg).write(passed.raw)
        leg.ends_whole = leg.reader.is_between_frames
        if passed.close is not None:
            self._closing(leg, passed.close)

    def _closing(self, leg: Leg, close: Close) -> None:
        """Take a close frame. A client's goes on at once; an upstream's waits until the books are written."""
        self._last_word(leg, Passed(close=close))
        if leg is self._upstream:
            self._end(End("client", self._client.close) if self._client.close else End("upstream", close))
            return
        self._upstream.write(close.raw)
        self._timer = self._loop.call_later(self._close_seconds, self._end, End("client", close))

    def _last_word(self, leg: Leg, passed: Passed) -> None:
        if passed.close is not None:
            leg.close = passed.close
            leg.has_ended.set()

    def _lost(self, leg: Leg) -> None:
        if leg is self._upstream and self._client.close is not None:
            self._end(End("client", self._client.close))
        else:
            self._end(End(leg.side))

    def _end(self, end: End) -> None:
        if not self.ended.done():
            self.ended.set_result(end)

    def _end_by_gateway(self, error: Ended) -> None:
        if not self.ended.done():
            self.ended.set_exception(error)

    def _other(self, leg: Leg) -> Leg:
        return self._upstream if leg is self._client else self._client


def _amounts(leg: Leg, passed: Passed) -> dict[str, int]:
    direction = "bytes_in" if leg.side == "client" else "bytes_out"
    return {direction: passed.payload_bytes, "messages": passed.messages}
