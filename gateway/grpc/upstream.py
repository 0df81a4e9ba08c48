"""HTTP/2 connections to upstreams: one serves many calls at the same time, and is kept for the next."""

from __future__ import annotations

import asyncio
import ssl

from h2.events import ConnectionTerminated, Event, RemoteSettingsChanged
from h2.exceptions import H2Error

from gateway.context import Headers
from gateway.grpc.link import Link, Stream
from gateway.live.dialing import Dialer
from gateway.upstream.egress import Origin
from gateway.upstream.errors import UpstreamBadResponse, UpstreamBusy, UpstreamClosed, UpstreamTimeout

_HEADER_BYTES = 32 * 1024
_IDLE_SECONDS = 60.0
_STREAMS = 100
_CONNECTIONS = 8


class UpstreamLink(Link):
    """A connection to one origin."""

    def __init__(self, origin: Origin) -> None:
        super().__init__(is_client=True, header_bytes=_HEADER_BYTES, streams=_STREAMS)
        self.origin = origin
        self._is_ending = False
        self._idle: asyncio.TimerHandle | None = None
        self._greeted = asyncio.Event()

    @property
    def has_room(self) -> bool:
        """Return whether another call may use it."""
        most = min(self.h2.remote_settings.max_concurrent_streams, _STREAMS)
        return self.is_open and not self._is_ending and not self.transport.is_closing() and len(self.streams) < most

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        secured: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        self.speaks_http2 = secured is None or secured.selected_alpn_protocol() == "h2"
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._greeted.set()

    def take(self, event: Event) -> None:
        super().take(event)
        if isinstance(event, RemoteSettingsChanged):
            self._greeted.set()

    async def greeted(self, seconds: float) -> None:
        """Wait until the other side has said how many calls it takes. Raises UpstreamTimeout, UpstreamClosed."""
        try:
            async with asyncio.timeout(seconds):
                await self._greeted.wait()
        except TimeoutError:
            raise UpstreamTimeout("connect", self.origin.host) from None
        if not self.is_open:
            raise UpstreamClosed(f"{self.origin.host} closed the connection before it was used.")

    def open_stream(self, headers: Headers) -> Stream:
        """Begin a call. Raises UpstreamClosed."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        try:
            stream = Stream(self, self.h2.get_next_available_stream_id())
            self.h2.send_headers(stream.id, headers)
        except H2Error:
            self._is_ending = True
            raise UpstreamClosed(f"{self.origin.host} takes no more calls on this connection.") from None
        self.streams[stream.id] = stream
        self.flush()
        return stream

    def over(self, stream: Stream) -> None:
        """Take the end of a call."""
        stream.forget()
        self.streams.pop(stream.id, None)
        if self.streams or not self.is_open:
            return
        if self._is_ending:
            self.abandon()
        else:
            self._idle = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self.abandon)

    def terminated(self, event: ConnectionTerminated) -> None:
        self._is_ending = True
        last = event.last_stream_id or 0
        for id, stream in list(self.streams.items()):
            if id > last or event.error_code:
                stream.fail(int(event.error_code or 0))


class UpstreamLinks:
    """The connections of one process."""

    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer
        self._links: dict[str, list[UpstreamLink]] = {}
        self._opening: dict[str, asyncio.Lock] = {}

    async def take(self, origin: Origin, seconds: float) -> UpstreamLink:
        """Return a connection with room for a call. Raises as `Dialer.open` does, UpstreamBusy, UpstreamBadResponse,
        UpstreamClosed."""
        if (link := self._with_room(origin)) is not None:
            return link
        async with self._opening.setdefault(origin.name, asyncio.Lock()):
            if (link := self._with_room(origin)) is not None:
                return link
            if len(self._links.get(origin.name, ())) >= _CONNECTIONS:
                raise UpstreamBusy(f"{origin.host} is already answering as many calls as it may. Try again shortly.")
            link = await self._dialer.open(origin, lambda: UpstreamLink(origin), alpn="h2", seconds=seconds)
            if not link.speaks_http2:
                link.abandon()
                raise UpstreamBadResponse(f"{origin.host} does not speak HTTP/2, which gRPC needs.")
            try:
                await link.greeted(seconds)
            except BaseException:
                link.abandon()
                raise
            self._links.setdefault(origin.name, []).append(link)
            return link

    def close(self) -> None:
        """Close all of them."""
        for links in self._links.values():
            for link in links:
                link.go_away()
                link.abandon()
        self._links.clear()

    def _with_room(self, origin: Origin) -> UpstreamLink | None:
        links = [link for link in self._links.get(origin.name, ()) if link.is_open and not link.transport.is_closing()]
        if links:
            self._links[origin.name] = links
        else:
            self._links.pop(origin.name, None)
        return next((link for link in links if link.has_room), None)
