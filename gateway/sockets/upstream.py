"""The upstream's side of a WebSocket: the handshake, and then frames."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from gateway.context import Headers
from gateway.sockets.splice import Leg
from gateway.upstream.errors import UpstreamBadResponse, UpstreamClosed, UpstreamError, UpstreamTimeout

_HEAD_BYTES, _HEADERS, _INTERIM = 32 * 1024, 128, 8
#: The longest refusal that is passed on.
_BODY_BYTES = 256 * 1024
#: A refusal without them ends with its connection.
_LENGTHS = frozenset((b"content-length", b"transfer-encoding"))


@dataclass(frozen=True, slots=True)
class Answered:
    """An upstream's answer to the handshake. body: of a refusal."""

    status: int
    headers: Headers
    body: bytes


class UpstreamSocket(asyncio.Protocol):
    """A connection to an upstream. `shake` first; what follows an agreement goes to its leg."""

    def __init__(self, host: str, leg: Leg) -> None:
        self._host, self.leg = host, leg
        self._parser = HttpResponseParser(self)
        self._answered: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._headers: Headers = []
        self._body: list[bytes] = []
        self._received = self._interim = self._status = 0
        self._is_skipping = False

    async def shake(self, head: bytes, seconds: float) -> Answered:
        """Send the request and return the answer. Raises UpstreamTimeout, UpstreamClosed, UpstreamBadResponse."""
        self._transport.write(head)
        try:
            async with asyncio.timeout(seconds):
                return await self._answered
        except TimeoutError:
            raise UpstreamTimeout("first_byte", self._host) from None

    def close(self) -> None:
        """Close at once."""
        self._transport.abort()

    # the transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = self.leg.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._answered.done():
            self.leg.take(data)
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
            if not self._status and self._received > _HEAD_BYTES:
                self._fail(UpstreamBadResponse(f"{self._host} sent a head that is too large."))
        except HttpParserUpgrade as upgrade:
            # what came behind the head waits in the leg until somebody listens
            self.leg.take(data[upgrade.args[0] :])
            self._finish()
        except HttpParserError as error:
            what = error.__context__ if isinstance(error.__context__, UpstreamError) else None
            self._fail(what or UpstreamBadResponse(f"{self._host} sent an answer that is not HTTP/1.1."))

    def eof_received(self) -> None:
        """Let the connection close: half of one is no WebSocket."""

    def connection_lost(self, error: Exception | None) -> None:
        if error is None and self._status and not any(name.lower() in _LENGTHS for name, _ in self._headers):
            self._finish()
        if not self._answered.done():
            self._fail(UpstreamClosed(f"{self._host} closed the connection before its answer was complete."))
        self.leg.lost()

    def pause_writing(self) -> None:
        self.leg.blocked()

    def resume_writing(self) -> None:
        self.leg.unblocked()

    # the parser's side

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))
        if len(self._headers) > _HEADERS:
            raise UpstreamBadResponse(f"{self._host} sent too many headers.")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        self._is_skipping = 100 <= status < 200 and status != 101
        if self._is_skipping:
            self._headers = []
            self._interim += 1
            if self._interim > _INTERIM:
                raise UpstreamBadResponse(f"{self._host} sent too many interim answers.")
            return
        if status == 101 and not self._parser.should_upgrade():
            raise UpstreamBadResponse(f"{self._host} switched to another protocol than WebSocket.")
        self._status = status

    def on_body(self, body: bytes) -> None:
        self._body.append(body)
        if sum(map(len, self._body)) > _BODY_BYTES:
            raise UpstreamBadResponse(f"{self._host} refused with more than {_BODY_BYTES} bytes.")

    def on_message_complete(self) -> None:
        if not self._is_skipping and self._status != 101:
            self._finish()

    def _finish(self) -> None:
        if not self._answered.done():
            self._answered.set_result(Answered(self._status, self._headers, b"".join(self._body)))

    def _fail(self, error: UpstreamError) -> None:
        if not self._answered.done():
            self._answered.set_exception(error)
            self._answered.exception()  # seen: whoever waited may have gone
        self._transport.abort()
