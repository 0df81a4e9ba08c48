"""The call itself: send, pass the answer on as it comes, count what was used, keep that on disk before the last byte.

It counts with `tally`, keeps its books with `settling` and passes pieces on by `passing`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from domain.response_rules import ResponseRules
from domain.template_syntax import TemplateError
from domain.transforming.errors import TransformFailed
from gateway import judging
from gateway.broken_streams import last_event
from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.passing import WHOLE_BYTES, Pieces
from gateway.replies import Reply
from gateway.shaping import LOCAL
from gateway.tally import Tally
from gateway.telling import (
    answered_here,
    client_left,
    headers_back,
    length_of,
    upstream_failed,
)
from gateway.upstream.errors import (
    UpstreamBadResponse,
    UpstreamError,
)
from gateway.upstream.response import UpstreamResponse

log = logging.getLogger(__name__)

#: The longest answer of which something else is made.
_RESHAPED_BYTES = 8 * 1024 * 1024
#: What an upstream says of a body that is not the one that is sent.
_OF_STREAM = frozenset((b"content-length", b"content-encoding", b"etag", b"content-md5", b"digest"))
_OF_BODY = _OF_STREAM | {b"content-type"}

SendHead = Callable[[int, Headers], Awaitable[None]]
SendBody = Callable[[bytes, bool], Awaitable[None]]


@dataclass(slots=True)
class Client:
    """The way back. What is sent after the client has hung up goes nowhere."""

    send_head: SendHead
    send_body: SendBody
    is_gone: bool = False
    #: what was sent can still be taken back: another attempt may answer in its place
    is_trial: bool = False
    on_leaving: Callable[[], None] | None = None

    def leave(self) -> None:
        """Note that the client has hung up."""
        self.is_gone = True
        if self.on_leaving is not None:
            self.on_leaving()


async def run(ctx: RequestContext, deps: Deps, client: Client, tally: Tally | None = None) -> None:
    """Carry the plan out. Raises GatewayError as long as nothing has been sent to the client.

    tally: of an attempt that has begun another way, and has come to nothing yet.
    """
    exchange = Exchange(ctx, deps, client, tally or Tally(ctx, deps))
    try:
        if tally is None:
            exchange.tally.account.open()
        await exchange.run()
    except asyncio.CancelledError:
        exchange.cut_off()
        raise
    finally:
        # whatever happened, the money is accounted for; a cancelled request must not leave a hold behind
        if not exchange.tally.is_closed:
            await asyncio.shield(exchange.finish())


class Exchange:
    """One upstream call and its accounts."""

    def __init__(self, ctx: RequestContext, deps: Deps, client: Client, tally: Tally) -> None:
        self._ctx, self._deps, self._client = ctx, deps, client
        self.tally = tally
        self._asking: asyncio.Timeout | None = None
        self._sent_bytes = 0
        self._reply: Reply | None = None
        self._most_bytes = 0
        self._pieces: Pieces | None = None  # of an answer that is passed on as it comes

    async def run(self) -> None:
        """Send the request and pass the answer on."""
        ctx, tally = self._ctx, self.tally
        self._client.on_leaving = self._client_left
        if self._client.is_gone:
            raise client_left()
        response = await self._ask()
        is_stream, length = response.is_events, response.length
        tally.answered(response, is_stream=is_stream)
        try:
            bounds = ctx.channel.bounds if ctx.channel is not None else None
            if bounds is not None and bounds.constraints.response_bytes:
                self._most_bytes = bounds.constraints.response_bytes
                self._check_length(length or 0)
            if (rules := judging.rules_of(ctx.channel)) is not None:
                await self._judge(response, rules, is_stream=is_stream)
            if ctx.reply is not None and ctx.reply.begin(response.status, is_stream=is_stream):
                self._reply = ctx.reply
            if self._reply is not None and not is_stream:
                await self._pass_reshaped(response, self._reply)
            elif not is_stream and length is not None and length <= WHOLE_BYTES:
                await self._pass_whole(response)
            else:
                self._pieces = Pieces(is_stream=is_stream)
                await self._pass_pieces(response, self._pieces)
        except UpstreamError as error:
            # part of the answer may be out: the connection is cut, so that nobody takes it for a whole one
            tally.outcome = "interrupted" if self._sent_bytes or not self._client.is_trial else "failed"
            log.warning("upstream.died request=%s code=%s", ctx.event_id, error.code)
            await self.finish()
            await self._tell(error, response)
            raise

    async def _ask(self) -> UpstreamResponse:
        """Return the answer once its head is there. Raises GatewayError."""
        ctx = self._ctx
        if ctx.url.startswith(LOCAL):
            return answered_here(int(ctx.url.removeprefix(LOCAL).strip("/")))
        assert ctx.channel is not None
        bounds = ctx.channel.bounds
        try:
            async with asyncio.timeout(None) as self._asking:
                return await self._deps.upstream.request(
                    ctx.upstream_method or ctx.method,
                    ctx.url,
                    ctx.upstream_headers,
                    ctx.upload or ctx.upstream_body or None,
                    length=ctx.upload.length if ctx.upload is not None else None,
                    timeouts=bounds.timeouts if bounds is not None else None,
                    host=ctx.upstream_host,
                )
        except UpstreamError as error:
            raise upstream_failed(error) from error
        except TimeoutError:
            raise client_left() from None
        finally:
            self._asking = None

    async def _judge(self, response: UpstreamResponse, rules: ResponseRules, *, is_stream: bool) -> None:
        """Refuse an answer that is a failure by its channel's rules, before any of it is sent. Raises GatewayError."""
        try:
            verdict = await judging.judge(response, rules, is_stream=is_stream)
        except UpstreamError as error:
            raise upstream_failed(error) from error
        if verdict is not None:
            raise await judging.refusal(verdict, self._ctx, self._deps)

    async def _pass_whole(self, response: UpstreamResponse) -> None:
        body = await self._whole(response, WHOLE_BYTES)
        self.tally.outcome = "completed"
        await self.finish()
        await self._client.send_head(response.status, self._headers(response))
        await self._client.send_body(body, True)
        self._sent_bytes = len(body)

    async def _whole(self, response: UpstreamResponse, limit: int) -> bytes:
        """Return the body, counted. Raises GatewayError."""
        assert self.tally.meter is not None
        parts: list[bytes] = []
        try:
            while chunk := await response.next_chunk():
                self.tally.meter.feed(chunk)
                parts.append(chunk)
                if response.received_bytes > limit:
                    raise UpstreamBadResponse(f"The answer is longer than {limit} bytes.")
        except UpstreamError as error:
            if self._client.is_gone:
                self.tally.outcome = "interrupted"  # by us: what has come was made for the client
            raise upstream_failed(error) from error
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _pass_reshaped(self, response: UpstreamResponse, reply: Reply) -> None:
        """Hold a whole answer, and send what is made of it."""
        body = await self._whole(response, _RESHAPED_BYTES)
        self._check_length(len(body))
        try:
            made = reply.whole(body)
        except (TransformFailed, TemplateError) as error:
            message = f"The service's answer does not fit its transformer. {error.message} Tell its seller."
            raise GatewayError(502, "config_error", f"{message} Nothing was charged.") from error
        self.tally.outcome = "completed"
        await self.finish()
        headers = [*self._headers(response), (b"content-type", b"application/json"), length_of(made)]
        await self._client.send_head(response.status, headers)
        await self._client.send_body(made, True)
        self._sent_bytes = len(made)

    def _check_length(self, received: int) -> None:
        """Refuse an answer that is longer than its service allows, before any of it is sent."""
        if self._most_bytes and received > self._most_bytes:
            message = f"The answer is longer than the {self._most_bytes} bytes that the service allows."
            raise GatewayError(502, "answer_too_large", f"{message} Nothing was charged; ask for less.")

    async def _pass_pieces(self, response: UpstreamResponse, pieces: Pieces) -> None:
        """Pass pieces on as they arrive."""
        tally, client, meter = self.tally, self._client, self.tally.meter
        assert meter is not None
        await client.send_head(response.status, self._headers(response))
        while chunk := await self._next_chunk(response):
            shown = meter.feed(chunk)
            if client.is_gone:
                continue
            if self._reply is not None:
                shown = self._reply.feed(shown)
            tally.checkpoint()
            await self._send(pieces.take(shown))
        tally.outcome = "completed" if response.is_complete and not client.is_gone else "interrupted"
        await self.finish()
        if not client.is_gone:
            rest = pieces.kept + meter.remainder()
            if self._reply is not None:
                rest += self._reply.end()
            await self._send(rest, last=True)

    async def _next_chunk(self, response: UpstreamResponse) -> bytes:
        """Return the next piece, or nothing at the end. Raises UpstreamError while the client is there."""
        try:
            chunk = await response.next_chunk()
            if self._most_bytes and response.received_bytes > self._most_bytes:
                raise UpstreamBadResponse("The answer is longer than the service allows.")
            return chunk
        except UpstreamError:
            if self._client.is_gone:
                return b""
            raise

    async def _tell(self, error: UpstreamError, response: UpstreamResponse) -> None:
        """End a stream that is not whole with an event that says so, unless another attempt may answer."""
        if self._pieces is None or self.tally.outcome != "interrupted":
            return
        headers = response.headers if self._reply is None else []
        if event := last_event(error, self._ctx, self._pieces, headers, self._deps.settings.site_url):
            await self._send(event)

    def _client_left(self) -> None:
        """Go on for a while, for the usage at the answer's end; then stop the upstream."""
        asyncio.get_running_loop().call_later(self._deps.settings.drain_seconds, self._give_up)

    def _give_up(self) -> None:
        if self._asking is not None:
            self._asking.reschedule(asyncio.get_running_loop().time())
        elif self.tally.response is not None:
            self.tally.response.cancel()

    async def _send(self, body: bytes, *, last: bool = False) -> None:
        if body or last:
            self._sent_bytes += len(body)
            await self._client.send_body(body, last)

    def _headers(self, response: UpstreamResponse) -> Headers:
        """Return the headers of the answer."""
        headers = response.headers
        if self._reply is not None:
            is_stream = self.tally.meter is not None and self.tally.meter.is_stream
            headers = [pair for pair in headers if pair[0].lower() not in (_OF_STREAM if is_stream else _OF_BODY)]
        return headers_back(headers, self._ctx)

    async def finish(self) -> None:
        """Make the usage durable and give back what the call did not cost. Only the first time counts."""
        if self.tally.is_closed:
            return
        self._client.on_leaving = None
        await self.tally.account.close(self.tally.close())

    def cut_off(self) -> None:
        """Note that time ran out on our side: what came until then was delivered to us."""
        if self.tally.account.first_byte_at and not self.tally.is_closed:
            self.tally.outcome = "interrupted"
