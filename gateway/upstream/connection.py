"""One HTTP/1.1 connection to an upstream: a question, its answer, and then perhaps another.

llhttp reads strictly; what it leaves open is closed here: one framing only, interim answers and heads bounded, nothing
before or after the answer that was asked for.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from gateway.upstream import whole
from gateway.upstream.egress import Origin
from gateway.upstream.errors import BadRequestHead, UpstreamBadResponse, UpstreamClosed, UpstreamTimeout
from gateway.upstream.limits import UpstreamLimits
from gateway.upstream.questions import Asker, Owner, Question
from gateway.upstream.response import UpstreamResponse

_JOIN_BELOW = 64 * 1024
_NO_BODY = frozenset((204, 304))
#: A connection that was dead says so sooner; later, the other side may have been at work.
_DEAD_SECONDS = 1.0


class _Refused(Exception):
    """Raised in a callback of the parser; the message is for UpstreamBadResponse."""


class Connection(asyncio.Protocol):
    """A connection to one checked address. At most one answer is under way."""

    def __init__(self, origin: Origin, address: str, owner: Owner, limits: UpstreamLimits) -> None:
        self.origin = origin
        self.address = address
        self.deadline = math.inf
        self.is_open = False
        self._owner = owner
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._parser = HttpResponseParser(self)
        self._response: UpstreamResponse | None = None
        self._asker: Asker | None = None  # until something of the answer to what it asked has come
        self._timeouts = limits.timeouts
        self._ends_at = math.inf
        self._phase = ""
        self._sender: asyncio.Task[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._paused_writing = False
        self._is_paused = False
        self._reset(bodiless=False)

    def _reset(self, *, bodiless: bool) -> None:
        self._bodiless = bodiless
        self._headers: list[tuple[bytes, bytes]] = []
        self._overhead_bytes = 0  # fed since the last piece of body
        self._interim = 0
        self._skipping = False
        self._is_done = False
        self._has_begun = False  # the head has just come, and perhaps nothing of the body
        self._until_eof = False
        self._is_reusable = True

    # the caller's side

    def ask(self, question: Question) -> UpstreamResponse:
        """Send a request; the answer fills as it arrives."""
        self._reset(bodiless=question.bodiless)
        self._response = response = UpstreamResponse(self, self._loop, self._limits.buffer_bytes)
        self._timeouts, self._ends_at = question.timeouts, question.ends_at
        body, transport = question.body, self._transport
        if not self.is_open:
            self._fail(UpstreamClosed(f"{self.origin.host} closed the connection before it was used."))
        elif body is None or isinstance(body, bytes):
            if not body:
                transport.write(question.head)
            elif len(body) < _JOIN_BELOW:
                transport.write(question.head + body)
            else:
                transport.writelines((question.head, body))
            self._enter("first_byte", self._timeouts.first_byte)
        else:
            transport.write(question.head)
            self.deadline, self._phase = self._ends_at, "total"
            self._sender = self._loop.create_task(self._send(response, body, question.length))
        return response

    def send(self, request: bytes, asker: Asker, now: float) -> None:
        """Send a whole request that has an answer with a body. now: in the loop's time."""
        self._asker, self._timeouts = asker, self._limits.timeouts
        self._ends_at = now + self._timeouts.total
        self._owner.outbox.put(self._transport, request)
        self._enter("first_byte", self._timeouts.first_byte, now)

    def _respond(self) -> UpstreamResponse:
        """Return a response to what was sent last, now that its answer is known to come in pieces."""
        assert self._asker is not None
        asker, self._asker = self._asker, None
        self._reset(bodiless=False)
        self._response = response = UpstreamResponse(self, self._loop, self._limits.buffer_bytes)
        asker.take_response(response)
        return response

    def close(self) -> None:
        """Close when what has been written is sent."""
        self.is_open = False
        self._transport.close()

    def pause(self) -> None:
        self._is_paused = True
        self._transport.pause_reading()
        self.deadline, self._phase = self._ends_at, "total"

    def resume(self) -> None:
        self._is_paused = False
        self._transport.resume_reading()
        self._enter("idle", self._timeouts.idle)

    def abandon(self) -> None:
        """Close at once: nobody wants the answer any more."""
        self._fail(UpstreamClosed(f"The call to {self.origin.host} was abandoned.", received_bytes=self._received()))

    def expire(self, now: float) -> None:
        """End what takes too long."""
        if self._response is None and self._asker is None:
            self.close()
            self.deadline = math.inf
        else:
            phase = "total" if self._ends_at <= now else self._phase
            self._fail(UpstreamTimeout(phase, self.origin.host, received_bytes=self._received()))

    # the transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        response = self._response
        if response is None:
            if (asker := self._asker) is None:
                self.close()  # nobody asked: it would be taken for the next answer
                return
            if (answer := whole.split(data, self._limits)) is not None:
                self._asker = None
                self._free(is_reusable=True)
                asker.take_whole(answer)
                return
            response = self._respond()
        response.touched = True
        received = response.received_bytes
        self._overhead_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            self._fail(UpstreamBadResponse(f"{self.origin.host} switched to another protocol unasked."))
            return
        except HttpParserError as error:
            if not self._is_done:
                self._fail_parsing(error)
                return
            self._is_reusable = False
        if self._is_done:
            self._finish()
        elif response.received_bytes != received or self._has_begun:
            self._has_begun = False
            self._overhead_bytes = 0
            if not self._is_paused:
                self._phase = "idle"
                until = self._loop.time() + self._timeouts.idle
                self.deadline = until if until < self._ends_at else self._ends_at
            if (listener := response.listener) is not None:
                listener()
            else:
                response.tell()
        elif self._overhead_bytes > self._limits.header_bytes:
            self._fail(UpstreamBadResponse(f"{self.origin.host} sent a head that is too large."))

    def eof_received(self) -> bool:
        if self._response is not None and self._until_eof:
            self._is_reusable = False
            self._finish()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        self.resume_writing()
        if self._asker is not None:
            self._respond()
        if self._response is not None:
            if self._until_eof and error is None:
                self._finish()
            else:
                asked_at = self._ends_at - self._timeouts.total
                self._response.touched = self._response.touched or self._loop.time() - asked_at > _DEAD_SECONDS
                message = f"{self.origin.host} closed the connection before its answer was complete."
                self._fail(UpstreamClosed(message, received_bytes=self._received()))
        self._owner.drop(self)

    def pause_writing(self) -> None:
        self._paused_writing = True

    def resume_writing(self) -> None:
        self._paused_writing = False
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    # the parser's side

    def on_message_begin(self) -> None:
        if self._is_done:
            raise _Refused("sent more than one answer")

    def on_header(self, name: bytes, value: bytes) -> None:
        headers = self._headers
        headers.append((name, value))
        if len(headers) > self._limits.header_count:
            raise _Refused("sent too many headers")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        headers, self._headers = self._headers, []  # trailers are counted too, and thrown away
        if 100 <= status < 200 and status != 101:
            self._interim += 1
            self._skipping = True
            if self._interim > self._limits.interim_answers:
                raise _Refused("sent too many interim answers")
            return
        if not 200 <= status < 600:
            raise _Refused(f"answered with status {status}")
        is_events, length = self._check_framing(status, headers)
        limit = self._limits.header_bytes
        if self._overhead_bytes > limit and sum(len(name) + len(value) + 4 for name, value in headers) > limit:
            raise _Refused("sent a head that is too large")
        self._overhead_bytes = 0
        assert self._response is not None
        self._response.start(status, headers, is_events=is_events, length=length)
        if self._bodiless:
            # the parser waits for a body that HEAD does not bring
            self._is_done, self._is_reusable = True, False
        else:
            self._has_begun = True

    def on_body(self, chunk: bytes) -> None:
        if not self._is_done and self._response is not None:
            self._response.put(chunk)

    def on_message_complete(self) -> None:
        if self._skipping:
            self._skipping = False
        elif not self._is_done:
            self._is_done = True
            self._is_reusable = self._is_reusable and self._parser.should_keep_alive()

    def _check_framing(self, status: int, headers: list[tuple[bytes, bytes]]) -> tuple[bool, int | None]:
        """Settle how the answer ends, and return whether it is a stream of events and the length that it tells."""
        coding = length = None
        is_events = False
        for name, value in headers:
            size = len(name)
            if size == 17 and name.lower() == b"transfer-encoding":
                if coding is not None:
                    raise _Refused("sent Transfer-Encoding twice")
                coding = value.lower()
            elif size == 14 and name.lower() == b"content-length":
                length = value
            elif size == 12 and name.lower() == b"content-type":
                is_events = is_events or b"event-stream" in value.lower()
        version = self._parser.get_http_version()
        if version not in ("1.1", "1.0"):
            raise _Refused("does not speak HTTP/1")
        if coding is not None and (coding != b"chunked" or version != "1.1"):
            raise _Refused("uses a Transfer-Encoding other than chunked")
        if status in _NO_BODY:
            self._is_reusable = coding is None and (length in (None, b"0") or status == 304)
        else:
            self._until_eof = coding is None and length is None
        return is_events, None if length is None else int(length)

    # ends

    def _finish(self) -> None:
        response, self._response = self._response, None
        assert response is not None
        if self._sender is not None:
            # an answer to a request that has not been sent whole: the rest would be read as another request
            self._is_reusable = self._is_reusable and self._sender.done()
            self._sender.cancel()
            self._sender = None
        self._free(is_reusable=self._is_reusable)
        response.finish()

    def _free(self, *, is_reusable: bool) -> None:
        """Let others use the connection, if they can."""
        if is_reusable and self.is_open and not self._transport.is_closing():
            self.deadline, self._phase = self._loop.time() + self._limits.keep_alive, ""
            if self._is_paused:
                self._is_paused = False
                self._transport.resume_reading()
            self._owner.free(self)
        else:
            self._owner.unreserve(self.origin)
            self.close()

    def _fail(self, error: BaseException) -> None:
        if self._asker is not None:
            self._respond()
        response, self._response = self._response, None
        if self._sender is not None:
            self._sender.cancel()
            self._sender = None
        self.is_open = False
        self._transport.abort()
        if response is not None:
            self._owner.unreserve(self.origin)
            response.fail(error)

    def _fail_parsing(self, error: HttpParserError) -> None:
        cause = error.__context__
        what = str(cause) if isinstance(cause, _Refused) else "did not answer in HTTP/1"
        self._fail(UpstreamBadResponse(f"{self.origin.host} {what}."))

    def _received(self) -> int:
        return 0 if self._response is None else self._response.received_bytes

    def _enter(self, phase: str, seconds: float, now: float = 0.0) -> None:
        self._phase = phase
        until = (now or self._loop.time()) + seconds
        self.deadline = until if until < self._ends_at else self._ends_at

    # a body in pieces

    async def _send(self, response: UpstreamResponse, body: AsyncIterator[bytes], length: int | None) -> None:
        try:
            sent = 0
            async for piece in body:
                sent += len(piece)
                if length is not None and sent > length:
                    raise BadRequestHead("The request body is longer than its announced length.")
                if piece:
                    self._transport.write(piece if length is not None else b"%x\r\n%b\r\n" % (len(piece), piece))
                    await self._wait_writable(response)
            if length is not None and sent < length:
                raise BadRequestHead("The request body is shorter than its announced length.")
            if length is None:
                self._transport.write(b"0\r\n\r\n")
            if not response.status:
                self._enter("first_byte", self._timeouts.first_byte)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # the caller's iterator: its error ends the call, as it is
            if self._response is response:
                self._sender = None
                self._fail(error)

    async def _wait_writable(self, response: UpstreamResponse) -> None:
        if not self._paused_writing:
            return
        if not response.status:
            self._enter("send", self._timeouts.idle)
        self._writable = self._loop.create_future()
        await self._writable
        if not response.status:
            self.deadline, self._phase = self._ends_at, "total"
