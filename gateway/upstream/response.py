"""An answer while it arrives: the connection puts pieces in, the caller takes them out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from gateway.upstream.errors import UpstreamBadResponse


class Source(Protocol):
    """The connection that an answer comes from."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def abandon(self) -> None: ...


class UpstreamResponse:
    """Status, headers as received, and the body piece by piece.

    Whoever does not read to the end calls `aclose` or `cancel`, which closes the connection.
    """

    __slots__ = (
        "_buffer_bytes", "_buffered", "_chunks", "_error", "_loop", "_source", "_waiter",
        "headers", "is_complete", "is_events", "length", "listener", "received_bytes", "status", "touched",
    )  # fmt: skip

    def __init__(self, source: Source | None, loop: asyncio.AbstractEventLoop, buffer_bytes: int) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.is_events = False  # a stream of events
        self.length: int | None = None  # of the body, as the head says
        self.is_complete = False  # the upstream has sent all of it, read or not
        self.received_bytes = 0  # of the body
        self.touched = False  # something came back, be it half a status line, or may have been at work
        self._source: Source | None = source
        self._loop = loop
        self._buffer_bytes = buffer_bytes
        self._buffered = 0
        self._chunks: list[bytes] = []
        self._error: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.listener: Callable[[], None] | None = None  # told of whatever comes, in place of one who waits

    async def next_chunk(self) -> bytes:
        """Return what has arrived since the last call, waiting for it if need be; b"" at the end.

        Raises: UpstreamClosed, UpstreamTimeout, UpstreamBadResponse, after all that came before has been returned.
        """
        while not self._chunks:
            if self._error is not None:
                raise self._error
            if self.is_complete:
                return b""
            await self._wait()
        return self._take()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives. Raises as `next_chunk` does."""
        while chunk := await self.next_chunk():
            yield chunk

    async def read(self, limit: int) -> bytes:
        """Return the whole body. Raises UpstreamBadResponse, and closes, when it is longer than `limit` bytes."""
        parts: list[bytes] = []
        while not self.is_complete and self._error is None and self.received_bytes <= limit:
            if self._chunks:
                parts.append(self._take())
            else:
                await self._wait()
        parts.append(self._take())
        if self.received_bytes > limit:
            self.cancel()
            raise UpstreamBadResponse(f"The answer is longer than {limit} bytes.")
        if self._error is not None:
            raise self._error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    @property
    def error(self) -> BaseException | None:
        """What came in place of the rest, once all before it has been taken; None while nothing did."""
        return None if self._chunks else self._error

    @property
    def has_more(self) -> bool:
        """Whether something has arrived that was not taken yet."""
        return bool(self._chunks)

    def take(self) -> bytes:
        """Return what has arrived since the last time, perhaps nothing."""
        chunks = self._chunks
        if len(chunks) != 1 or self._buffered > self._buffer_bytes:
            return self._take() if chunks else b""
        self._buffered = 0
        return chunks.pop()  # as nearly always: one piece, taken as soon as it comes

    def put_back(self, piece: bytes) -> None:
        """Let what was taken be returned again, before everything else."""
        if piece:
            self._chunks.insert(0, piece)

    def cancel(self) -> None:
        """Stop: what has not arrived is not wanted. Does nothing after the end."""
        if self._source is not None:
            self._source.abandon()

    async def aclose(self) -> None:
        """Stop, as `cancel` does."""
        self.cancel()

    async def started(self) -> None:
        """Wait for the head."""
        while not self.status:
            if self._error is not None:
                raise self._error
            await self._wait()

    # what the connection calls

    def start(self, status: int, headers: list[tuple[bytes, bytes]], *, is_events: bool, length: int | None) -> None:
        """Take the head."""
        self.status = status
        self.headers = headers
        self.is_events, self.length = is_events, length

    def put(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        size = len(chunk)
        self.received_bytes += size
        self._buffered += size
        self._chunks.append(chunk)
        if self._buffered > self._buffer_bytes and self._source is not None:
            self._source.pause()

    def finish(self) -> None:
        """Take the end. The connection may be used by others from here on."""
        self.is_complete = True
        self._source = None
        self.tell()

    def fail(self, error: BaseException) -> None:
        """Take an error in place of the rest."""
        if not self.is_complete and self._error is None:
            self._error = error
            self._source = None
            self.tell()

    def tell(self) -> None:
        """Tell who waits or listens that there is something new; once for all that came together."""
        if self.listener is not None:
            self.listener()
            return
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _take(self) -> bytes:
        chunks = self._chunks
        chunk = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        if self._buffered > self._buffer_bytes and self._source is not None:
            self._source.resume()
        self._buffered = 0
        return chunk

    async def _wait(self) -> None:
        self._waiter = waiter = self._loop.create_future()
        try:
            await waiter
        finally:
            self._waiter = None
