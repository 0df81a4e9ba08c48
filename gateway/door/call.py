"""One request on its way through the pipeline, and its answer on the way back to the socket."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from gateway import pipeline
from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.door import answers
from gateway.errors import GatewayError
from gateway.exchange import Client
from gateway.plain import call as plain
from gateway.plain.call import PlainCall
from gateway.responses import error_answer
from gateway.tally import Tally
from gateway.telling import own_headers
from gateway.upstream.errors import UpstreamError

log = logging.getLogger(__name__)

_NO_BODY = frozenset((204, 304))
Way = Callable[[RequestContext, Deps, Client], Awaitable[None]]


async def _nowhere(*_: object) -> None:
    """The way back of a call that is over."""


def _length(headers: Headers) -> int | None:
    """Return how long the headers of an answer say that its body is."""
    for name, value in headers:
        if len(name) == 14 and name.lower() == b"content-length":
            return int(value)
    return None


async def _until(over: asyncio.Future[None]) -> None:
    await over


class Line(Protocol):
    """The connection that a call came on."""

    default_headers: bytes
    is_write_paused: bool

    def write(self, piece: bytes) -> None: ...

    async def drained(self) -> None: ...

    def answered(self, *, keep: bool) -> None: ...


class Call:
    """Runs once. `leave` tells it that its client has hung up; it then ends what it owes to the books."""

    __slots__ = ("_chunked", "_client", "_ctx", "_deps", "_head", "_is_bodiless", "_is_old", "_left_bytes", "_line",
                 "_over", "_plain", "_task", "has_begun", "is_complete", "is_gone", "keeps")  # fmt: skip

    def __init__(self, line: Line, ctx: RequestContext, deps: Deps, *, keeps: bool, is_old: bool) -> None:
        """keeps: whether the client wants the connection again; is_old: whether it speaks HTTP/1.0."""
        self._line, self._ctx, self._deps = line, ctx, deps
        self.keeps, self._is_old = keeps, is_old
        self._client: Client | None = None  # of the general way
        self._plain: PlainCall | None = None  # the short way, when the call takes it
        self._task: asyncio.Task[None] | None = None
        self._over: asyncio.Future[None] | None = None
        self._head = b""
        self._left_bytes: int | None = None
        self._chunked = self._is_bodiless = False
        self.has_begun = self.is_complete = self.is_gone = False

    def start(self) -> None:
        """Answer the request, whatever happens."""
        self._plain = plain.prepared(self._ctx, self._deps, self)
        if self._plain is None:
            self._take(pipeline.run)
        else:
            self._plain.send()

    def start_upload(self) -> None:
        """Answer a request whose body is still coming. Its connection serves no other."""
        self.keeps = False
        self._take(pipeline.run)

    def _take(self, way: Way) -> None:
        """Take the general way."""
        self._plain = None
        self._client = client = Client(self._send_head, self._send_body, is_gone=self.is_gone)
        self._task = asyncio.get_running_loop().create_task(self._run(way, client))

    def go_on(self, tally: Tally) -> None:
        """Let the general way make a call that could not be sent the short way."""
        self._take(lambda ctx, deps, client: pipeline.go_on(ctx, deps, client, tally))

    def ended(self) -> asyncio.Task[None]:
        """Return what is done when the call is over."""
        if self._task is not None:
            return self._task
        loop = asyncio.get_running_loop()
        if self._over is None:
            self._over = loop.create_future()
        return loop.create_task(_until(self._over))

    def leave(self) -> None:
        """Note that the client has hung up."""
        if self.is_gone:
            return
        self.is_gone = True
        if self._plain is not None:
            self._plain.leave()
        elif self._client is not None:
            self._client.leave()

    @property
    def is_paused(self) -> bool:
        """Whether the client does not read."""
        return self._line.is_write_paused

    def resume(self) -> None:
        """Note that the client reads again."""
        if self._plain is not None:
            self._plain.resume()

    def close_after(self) -> None:
        """Let this answer be the last on its connection."""
        self.keeps = False

    async def _run(self, way: Way, client: Client) -> None:
        refusal: GatewayError | None = None
        try:
            await way(self._ctx, self._deps, client)
        except GatewayError as error:
            refusal = error
        except UpstreamError:
            pass  # the answer is cut short: the connection is closed, and the client sees that
        except Exception:
            log.exception("gateway.call_failed request=%s", self._ctx.event_id)
            refusal = GatewayError(500, "internal_error", "The gateway failed. Call again; tell us the id.")
        finally:
            self.end(refusal)

    def end(self, refusal: GatewayError | None = None) -> None:
        """Take the end of the call. refusal: what to answer, as long as no answer has begun."""
        if refusal is not None:
            self._refuse(refusal)
        if refusal is not None or self._ctx.trail is not None:
            self._deps.request_log.note(self._ctx, refusal)
        if self._client is not None:
            # the call and its client hold each other: let go, so that nobody has to look for the ring
            self._client.send_head, self._client.send_body = _nowhere, _nowhere
        if self._over is not None and not self._over.done():
            self._over.set_result(None)
        self._plain = self._task = None
        self._line.answered(keep=self.is_complete and self.keeps)

    def _refuse(self, error: GatewayError) -> None:
        if self.has_begun or self.is_gone:
            return  # what has left cannot be taken back
        answer = error_answer(error, request_id=self._ctx.event_id, site_url=self._deps.settings.site_url)
        self.put_head(answer.status, answer.headers + own_headers(self._ctx))
        self.put_body(answer.body, last=True)

    async def _send_head(self, status: int, headers: Headers) -> None:
        self.put_head(status, headers)

    async def _send_body(self, body: bytes, last: bool) -> None:
        if self._line.is_write_paused:
            await self._line.drained()
        self.put_body(body, last)

    def put_head(self, status: int, headers: Headers) -> None:
        """Begin the answer."""
        if self.is_gone:
            return
        framing = self._frame(status, headers)
        self._head = answers.render(status, self._line.default_headers, headers, framing)
        self.has_begun = True
        if self._left_bytes is None:
            # what follows may be long in coming; what comes at once leaves with the head in one piece
            asyncio.get_running_loop().call_soon(self._flush_head)

    def put_whole(self, status: int, lines: bytes, body: bytes) -> None:
        """Send an answer that is all here. lines: of its head, each with its end, the length of the body among them."""
        if self.is_gone:
            return
        framing = b"" if self.keeps else b"connection: close\r\n"
        self._line.write(
            b"".join((answers.STATUS_LINES[status], self._line.default_headers, lines, framing, b"\r\n", body))
        )
        self.has_begun = self.is_complete = True

    def _flush_head(self) -> None:
        if self._head and not self.is_gone:
            self._line.write(self._head)
        self._head = b""

    def _frame(self, status: int, headers: Headers) -> bytes:
        """Settle how the body ends, and return the lines that say so."""
        self._is_bodiless = status in _NO_BODY or self._ctx.method == "HEAD"
        self._left_bytes = _length(headers)
        if self._left_bytes is None and not self._is_bodiless:
            self._chunked, self.keeps = not self._is_old, self.keeps and not self._is_old
        coding = b"transfer-encoding: chunked\r\n" if self._chunked else b""
        return coding if self.keeps else coding + b"connection: close\r\n"

    def put_body(self, body: bytes, last: bool) -> None:
        """Send a piece of the body, however much of it the client has read."""
        if self.is_gone or self.is_complete:
            return
        if self._chunked and body and not last and not self._head:
            self._line.write(b"%x\r\n%b\r\n" % (len(body), body))  # every event of every stream comes by
            return
        head, self._head = self._head, b""
        piece = head + self._framed(body, last)
        if piece:
            self._line.write(piece)
        if last:
            # a length that was promised and not kept must not be made up by the next answer
            self.is_complete = not self._left_bytes or self._is_bodiless

    def _framed(self, body: bytes, last: bool) -> bytes:
        """Return the bytes that carry a piece of the body."""
        if self._is_bodiless:
            return b""
        if self._chunked:
            end = b"0\r\n\r\n" if last else b""
            return b"%x\r\n%b\r\n%b" % (len(body), body, end) if body else end
        if self._left_bytes is not None:
            if len(body) > self._left_bytes:
                raise ValueError("The answer is longer than its Content-Length.")
            self._left_bytes -= len(body)
        return body
