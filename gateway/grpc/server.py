"""What the door hands a connection to that begins with HTTP/2's preface: every stream of it is one gRPC call."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from typing import Any, cast

from h2.errors import ErrorCodes
from h2.events import Event, PingReceived, RemoteSettingsChanged
from h2.exceptions import H2Error
from uvicorn.server import ServerState

from domain.event_ids import new_event_id
from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.grpc import refusals
from gateway.grpc.link import Link, Stream
from gateway.grpc.rpc import Rpc
from gateway.live.dialing import probe
from gateway.upstream.deadlines import Deadlines

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#: Names the path in front of the one that generated code calls, which cannot carry any; parameters may follow it.
PATH_KEY = b"x-service-path"
_WINDOW_SECONDS = 10.0
#: Pings and settings within the window that nobody needs more of.
_CHATTER = 500


class GrpcDoor(Link):
    """One connection of clients. It counts among the server's."""

    def __init__(self, deps: Deps, server: ServerState, deadlines: Deadlines) -> None:
        limits = deps.settings.live
        super().__init__(is_client=False, header_bytes=limits.header_bytes, streams=limits.streams)
        self._deps, self._server, self._deadlines = deps, server, deadlines
        self._calls: dict[int, Rpc] = {}
        self._resets: deque[float] = deque(maxlen=limits.resets)
        self._chatter: deque[float] = deque(maxlen=_CHATTER)
        self._is_stopping = False
        self.deadline = math.inf

    # the transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        probe(transport)
        loop = asyncio.get_running_loop()
        self._server.connections.add(cast(Any, self))  # it is asked no more than to shut down
        self.deadline = loop.time() + self._deps.settings.live.idle_seconds
        self._deadlines.watch(self, loop)

    def connection_lost(self, error: Exception | None) -> None:
        self._deadlines.forget(self)
        self._server.connections.discard(cast(Any, self))
        super().connection_lost(error)

    def expire(self, now: float) -> None:
        """Close a connection on which nothing is called."""
        self.deadline = math.inf
        if not self._calls:
            self.go_away()
            self.abandon()
            if not self._writable.is_set():
                self.transport.abort()  # what was sent to it is not read, and never will be

    def shutdown(self) -> None:
        """The server stops: take no more calls, and let those under way come to an end for a while."""
        self._is_stopping = True
        self.go_away()
        if not self._calls:
            self.abandon()
            return
        asyncio.get_running_loop().call_later(self._deps.settings.live.close_seconds, self._stop_calls)

    def _stop_calls(self) -> None:
        for call in list(self._calls.values()):
            call.shut_down()

    # streams

    def take(self, event: Event) -> None:
        if isinstance(event, PingReceived | RemoteSettingsChanged) and self._is_too_often(self._chatter):
            self.calm_down()
            return
        super().take(event)

    def was_reset(self) -> None:
        if self._is_too_often(self._resets):
            self.calm_down()

    def calm_down(self) -> None:
        """End a connection that keeps us busy with nothing."""
        self.go_away(ErrorCodes.ENHANCE_YOUR_CALM)
        self.abandon()

    def asked(self, id: int, headers: Headers) -> None:
        if not self.is_open or self._is_stopping or len(self.streams) >= self._limit:
            try:
                self.h2.reset_stream(id, ErrorCodes.REFUSED_STREAM)
            except H2Error:
                return
            return
        self.deadline = math.inf
        stream = self.streams[id] = Stream(self, id)
        stream.begin(headers)
        refusal = refusals.of_head(headers)
        call = self._calls[id] = Rpc(_context(headers), self._deps, stream, refusal)
        task = asyncio.get_running_loop().create_task(call.run())
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)
        task.add_done_callback(lambda _task: self._over(stream))

    def _over(self, stream: Stream) -> None:
        """Take the end of a call. Only now may another one take its place."""
        stream.forget()
        self.streams.pop(stream.id, None)
        self._calls.pop(stream.id, None)
        self._server.total_requests += 1
        if not self._calls:
            self.deadline = asyncio.get_running_loop().time() + self._deps.settings.live.idle_seconds
            if self._is_stopping and self.is_open:
                self.abandon()

    @staticmethod
    def _is_too_often(times: deque[float]) -> bool:
        """Note an event and return whether the deque filled up within the window."""
        now = time.monotonic()
        times.append(now)
        return len(times) == times.maxlen and now - times[0] < _WINDOW_SECONDS


def _with_method(parameters: bytes, method: bytes) -> list[bytes]:
    """Return the parameters of an address that names no method: what is called in its place gets the method, too."""
    each = filter(None, parameters.split(b"&"))
    return [one.rstrip(b"/") + method if one.startswith(b"_else=") else one for one in each]


def _context(headers: Headers) -> RequestContext:
    named = dict(reversed(headers))
    path, _, query = named.get(b":path", b"/").partition(b"?")
    before, _, parameters = named.get(PATH_KEY, b"").partition(b"?")
    if before := before.strip(b" /"):
        query = b"&".join(filter(None, (query, *_with_method(parameters.strip(), path))))
        path = b"/" + before + path
    started_ms = time.time_ns() // 1_000_000
    return RequestContext(
        event_id=new_event_id(started_ms),
        method=named.get(b":method", b"").decode("latin-1"),
        path=path.decode("latin-1"),
        query=query.decode("latin-1"),
        headers=[pair for pair in headers if not pair[0].startswith(b":") and pair[0] != PATH_KEY],
        body=b"",
        started_ms=started_ms,
        started=time.monotonic(),
        access="grpc",
    )
