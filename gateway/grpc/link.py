"""One HTTP/2 connection and its streams, for either side. The protocol itself is h2's; bytes and waiting are here."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

from h2.config import H2Configuration
from h2.connection import ConnectionInputs, H2Connection, H2ConnectionStateMachine
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
    WindowUpdated,
)
from h2.exceptions import H2Error
from h2.settings import SettingCodes, Settings

from gateway.context import Headers

#: What one stream, and one connection, may send us ahead of what we have passed on.
_STREAM_BYTES = 256 * 1024
_CONNECTION_BYTES = 4 * 1024 * 1024
_DEFAULT_WINDOW = 65_535
_FRAME_HEAD = 9


class StreamGone(Exception):
    """The other side has ended a stream before its end. code: of HTTP/2."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"The stream was reset with code {code}.")


_GOAWAYS = frozenset((ConnectionInputs.SEND_GOAWAY, ConnectionInputs.RECV_GOAWAY))


class _States(H2ConnectionStateMachine):
    """h2's own, but that the streams under way come to their end after a GOAWAY: RFC 9113, 6.8."""

    _transitions = {
        (state, what): (do, state if what in _GOAWAYS else after)
        for (state, what), (do, after) in H2ConnectionStateMachine._transitions.items()
    }


class Stream:
    """One stream. What arrives waits here, within its window, until it is `taken`."""

    def __init__(self, link: Link, id: int) -> None:
        self.id = id
        self.headers: Headers = []
        self.trailers: Headers = []
        self.begun = asyncio.Event()
        self.gone: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._link = link
        self._pieces: deque[tuple[bytes, int]] = deque()
        self._is_whole = False
        self._arrived = asyncio.Event()
        self.window = asyncio.Event()

    async def next(self) -> tuple[bytes, int]:
        """Return the next piece and what it weighs, or (b"", 0) at the end. Raises StreamGone."""
        while not self._pieces:
            if self._is_whole:
                return b"", 0  # a server resets what it has answered before it was asked to the end: RFC 9113, 8.1
            if self.gone.done():
                raise StreamGone(self.gone.result())
            self._arrived.clear()
            await self._arrived.wait()
        return self._pieces.popleft()

    def taken(self, weight: int) -> None:
        """Let the other side send as much again."""
        self._link.acknowledge(self.id, weight)

    async def send(self, piece: bytes, *, last: bool = False) -> None:
        """Send, as fast as the other side reads. Raises StreamGone."""
        await self._link.send(self, piece, last=last)

    def send_headers(self, headers: Headers, *, last: bool = False) -> None:
        """Send headers, or trailers. Raises StreamGone."""
        self._link.send_headers(self, headers, last=last)

    def reset(self, code: int = ErrorCodes.CANCEL) -> None:
        """End the stream, unless it is over."""
        self._link.reset(self, code)

    # what the link calls

    def begin(self, headers: Headers) -> None:
        """Take the headers."""
        self.headers = headers
        self.begun.set()

    def trail(self, trailers: Headers) -> None:
        """Take the trailers; the end follows."""
        self.trailers = trailers

    def put(self, piece: bytes, weight: int) -> None:
        """Take a piece."""
        self._pieces.append((piece, weight))
        self._arrived.set()

    def end(self) -> None:
        """Take the end."""
        self._is_whole = True
        self.begun.set()
        self._arrived.set()

    def fail(self, code: int) -> None:
        """Take an end that is none."""
        if not self.gone.done():
            self.gone.set_result(code)
        for event in (self.begun, self._arrived, self.window):
            event.set()

    def forget(self) -> None:
        """Throw away what nobody wants any more, so that its weight does not stay on the connection."""
        while self._pieces:
            self.taken(self._pieces.popleft()[1])


class Link(asyncio.Protocol):
    """A connection. The subclass says what a new stream of the other side is."""

    def __init__(self, *, is_client: bool, header_bytes: int, streams: int) -> None:
        self.h2 = H2Connection(H2Configuration(client_side=is_client, header_encoding=None))
        self.h2.state_machine = _States()
        self.streams: dict[int, Stream] = {}
        self.is_open = False
        self._is_client = is_client
        self._writable = asyncio.Event()
        self._writable.set()
        self.h2.local_settings = Settings(
            client=is_client,
            initial_values={
                SettingCodes.ENABLE_PUSH: 0,
                SettingCodes.INITIAL_WINDOW_SIZE: _STREAM_BYTES,
                SettingCodes.MAX_HEADER_LIST_SIZE: header_bytes,
                SettingCodes.ENABLE_CONNECT_PROTOCOL: 0,
            },
        )
        self.h2.decoder.max_header_list_size = header_bytes
        self._limit = streams

    # the transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.is_open = True
        self.h2.initiate_connection()
        if not self._is_client:
            self.h2.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: self._limit})
        self.h2.increment_flow_control_window(_CONNECTION_BYTES - _DEFAULT_WINDOW)
        self.flush()

    def data_received(self, data: bytes) -> None:
        try:
            events = self.h2.receive_data(data)
        except (H2Error, UnicodeError, ValueError):
            self.flush()  # h2 has written why
            self.abandon()
            return
        for event in events:
            self.take(event)
        self.flush()
        # h2 would hold the whole of a frame before it sees that it is too long
        held = self.h2.incoming_buffer._data
        if int.from_bytes(held[:3]) > self.h2.max_inbound_frame_size and len(held) >= _FRAME_HEAD and self.is_open:
            self.go_away(ErrorCodes.FRAME_SIZE_ERROR)
            self.abandon()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        self._writable.set()
        for stream in list(self.streams.values()):
            stream.fail(ErrorCodes.CONNECT_ERROR)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def abandon(self) -> None:
        """Close, and let nothing more come."""
        self.is_open = False
        self.transport.close()

    def go_away(self, code: int = ErrorCodes.NO_ERROR) -> None:
        """Say that no more streams are taken."""
        if self.is_open:
            self.h2.close_connection(code)
            self.flush()

    def flush(self) -> None:
        """Write what h2 has to say."""
        data = self.h2.data_to_send()
        if data and not self.transport.is_closing():
            self.transport.write(data)

    # events

    def take(self, event: Event) -> None:
        """Give an event to its stream."""
        match event:
            case RequestReceived():
                self.asked(event.stream_id, cast(Headers, list(event.headers)))
            case ResponseReceived():
                self._of(event.stream_id, lambda stream: stream.begin(cast(Headers, list(event.headers))))
            case DataReceived():
                self._take_data(event)
            case TrailersReceived():
                self._of(event.stream_id, lambda stream: stream.trail(cast(Headers, list(event.headers))))
            case StreamEnded():
                self._of(event.stream_id, Stream.end)
            case StreamReset():
                self.was_reset()
                self._of(event.stream_id, lambda stream: stream.fail(int(event.error_code)))
            case WindowUpdated() if event.stream_id:
                self._of(event.stream_id, lambda stream: stream.window.set())
            case WindowUpdated() | RemoteSettingsChanged():
                for stream in self.streams.values():
                    stream.window.set()
            case ConnectionTerminated():
                self.terminated(event)

    def asked(self, id: int, headers: Headers) -> None:
        """Take a request of the other side: a client is asked nothing."""

    def was_reset(self) -> None:
        """Note that the other side has reset a stream."""

    def terminated(self, event: ConnectionTerminated) -> None:
        """Take the other side's word that it takes no more streams."""

    def _take_data(self, event: DataReceived) -> None:
        weight = event.flow_controlled_length or 0
        stream = self.streams.get(event.stream_id)
        if stream is None or stream.gone.done():
            self.acknowledge(event.stream_id, weight)
        elif event.data:
            stream.put(event.data, weight)
        elif weight:
            self.acknowledge(event.stream_id, weight)

    def _of(self, id: int | None, do: Callable[[Stream], None]) -> None:
        stream = self.streams.get(id or 0)
        if stream is not None:
            do(stream)

    # sending

    def acknowledge(self, id: int, weight: int) -> None:
        """Give the other side room for as much again."""
        if weight and self.is_open:
            try:
                self.h2.acknowledge_received_data(weight, id)
            except H2Error:
                return
            self.flush()

    async def send(self, stream: Stream, piece: bytes, *, last: bool) -> None:
        """Send a piece within the windows of the stream and the connection. Raises StreamGone."""
        at = 0
        while True:
            await self._writable.wait()
            if stream.gone.done() or not self.is_open:
                raise StreamGone(stream.gone.result() if stream.gone.done() else ErrorCodes.CONNECT_ERROR)
            try:
                room = min(self.h2.local_flow_control_window(stream.id), self.h2.max_outbound_frame_size)
                if room <= 0 and at < len(piece):
                    stream.window.clear()
                    await stream.window.wait()
                    continue
                part = piece[at : at + room]
                at += len(part)
                self.h2.send_data(stream.id, part, end_stream=last and at == len(piece))
            except H2Error:
                raise StreamGone(ErrorCodes.STREAM_CLOSED) from None
            self.flush()
            if at == len(piece):
                return

    def send_headers(self, stream: Stream, headers: Headers, *, last: bool) -> None:
        """Send headers. Raises StreamGone."""
        if stream.gone.done() or not self.is_open:
            raise StreamGone(stream.gone.result() if stream.gone.done() else ErrorCodes.CONNECT_ERROR)
        try:
            self.h2.send_headers(stream.id, headers, end_stream=last)
        except H2Error:
            raise StreamGone(ErrorCodes.STREAM_CLOSED) from None
        self.flush()

    def reset(self, stream: Stream, code: int) -> None:
        """End a stream early."""
        if not self.is_open or stream.gone.done():
            return
        try:
            self.h2.reset_stream(stream.id, code)
        except H2Error:
            return  # it is over
        self.flush()
