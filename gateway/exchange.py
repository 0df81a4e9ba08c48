"""The call itself: send, pass the answer on as it comes, count what was used, keep that on disk before the last byte.

"The last byte" is what tells a client that its answer is whole: the end of the body, or the event that ends a stream.
It leaves only after the usage event is durable; so whoever has a whole answer has been charged for it, exactly once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain import metering
from domain.template_syntax import TemplateError
from domain.transforming.errors import TransformFailed
from domain.usage import Outcome
from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.replies import Reply
from gateway.settling import Account
from gateway.shaping import LOCAL
from gateway.telling import answered_here, content_length, is_event_stream, length_of, own_headers, upstream_failed
from gateway.upstream import headers as crossing
from gateway.upstream.errors import (
    UpstreamBadResponse,
    UpstreamError,
)
from gateway.upstream.response import UpstreamResponse

log = logging.getLogger(__name__)

#: Answers up to this size leave in one piece, after their usage is on disk.
_WHOLE_BYTES = 1024 * 1024
_STREAM_ENDS = (b"data: [DONE]", b"data:[DONE]", b"message_stop", b"response.completed")
_CHECKPOINT_SECONDS = 1.0
#: The longest answer of which something else is made.
_RESHAPED_BYTES = 8 * 1024 * 1024
#: What an upstream says of a body that is not the one that is sent.
_OF_STREAM = frozenset((b"content-length", b"content-encoding", b"etag", b"content-md5", b"digest"))
_OF_BODY = _OF_STREAM | {b"content-type"}
_LIMITS = (b"ratelimit-", b"x-ratelimit-", b"anthropic-ratelimit-")

Metrics = Mapping[str, int | Decimal]
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


async def run(ctx: RequestContext, deps: Deps, client: Client) -> None:
    """Carry the plan out. Raises GatewayError as long as nothing has been sent to the client."""
    exchange = Exchange(ctx, deps, client)
    try:
        await exchange.run()
    except asyncio.CancelledError:
        exchange.cut_off()
        raise
    finally:
        # whatever happened, the money is accounted for; a cancelled request must not leave a hold behind
        if not exchange.is_finished:
            await asyncio.shield(exchange.finish())


class Exchange:
    """One upstream call and its accounts."""

    def __init__(self, ctx: RequestContext, deps: Deps, client: Client) -> None:
        self._ctx, self._deps, self._client = ctx, deps, client
        self._account = Account(ctx, deps)
        self._meter: metering.Meter | None = None
        self._response: UpstreamResponse | None = None
        self._outcome: Outcome = "failed"
        self._sent_bytes = 0
        self.is_finished = False
        self._reply: Reply | None = None
        self._most_bytes = 0
        self._checkpoint_at = ctx.started + _CHECKPOINT_SECONDS

    async def run(self) -> None:
        """Send the request and pass the answer on."""
        ctx, deps = self._ctx, self._deps
        assert ctx.plan is not None
        self._account.open()
        self._response = await self._ask()
        self._account.first_byte_at = time.monotonic()
        self._client.on_leaving = self._client_left
        if self._client.is_gone:
            self._client_left()
        self._meter = metering.Meter(
            is_stream=is_event_stream(self._response.headers),
            request_bytes=len(ctx.upstream_body),
            needed=deps.prices.needs(ctx.plan.price),
            hides_usage_event=ctx.added_stream_usage,
            request=ctx.upstream_body,
        )
        is_stream = self._meter.is_stream
        length = content_length(self._response.headers)
        try:
            bounds = ctx.channel.bounds if ctx.channel is not None else None
            if bounds is not None and bounds.constraints.response_bytes:
                self._most_bytes = bounds.constraints.response_bytes
                self._check_length(length or 0)
            if ctx.reply is not None and ctx.reply.begin(self._response.status, is_stream=is_stream):
                self._reply = ctx.reply
            if self._reply is not None and not is_stream:
                await self._pass_reshaped(self._reply)
            elif not is_stream and length is not None and length <= _WHOLE_BYTES:
                await self._pass_whole()
            else:
                await self._pass_pieces(is_stream)
        except UpstreamError as error:
            # part of the answer may be out: the connection is cut, so that nobody takes it for a whole one
            self._outcome = "interrupted" if self._sent_bytes or not self._client.is_trial else "failed"
            log.warning("upstream.died request=%s code=%s", ctx.event_id, error.code)
            await self.finish()
            raise

    async def _ask(self) -> UpstreamResponse:
        ctx = self._ctx
        if ctx.url.startswith(LOCAL):
            return answered_here(int(ctx.url.removeprefix(LOCAL).strip("/")))
        assert ctx.channel is not None
        bounds = ctx.channel.bounds
        try:
            return await self._deps.upstream.request(
                ctx.upstream_method or ctx.method,
                ctx.url,
                ctx.upstream_headers,
                ctx.upstream_body or None,
                timeouts=bounds.timeouts if bounds is not None else None,
                host=ctx.upstream_host,
            )
        except UpstreamError as error:
            raise upstream_failed(error) from error

    async def _pass_whole(self) -> None:
        assert self._response is not None
        assert self._meter is not None
        try:
            body = await self._response.read(_WHOLE_BYTES)
        except UpstreamError as error:
            raise upstream_failed(error) from error
        self._meter.feed(body)
        self._outcome = "completed"
        await self.finish()
        await self._client.send_head(self._response.status, self._headers())
        await self._client.send_body(body, True)
        self._sent_bytes = len(body)

    async def _pass_reshaped(self, reply: Reply) -> None:
        """Hold a whole answer, and send what is made of it."""
        assert self._response is not None
        assert self._meter is not None
        try:
            body = await self._response.read(_RESHAPED_BYTES)
        except UpstreamError as error:
            raise upstream_failed(error) from error
        self._check_length(len(body))
        self._meter.feed(body)
        try:
            made = reply.whole(body)
        except (TransformFailed, TemplateError) as error:
            message = f"The service's answer does not fit its transformer. {error.message} Tell its seller."
            raise GatewayError(502, "config_error", f"{message} Nothing was charged.") from error
        self._outcome = "completed"
        await self.finish()
        headers = [*self._headers(), (b"content-type", b"application/json"), length_of(made)]
        await self._client.send_head(self._response.status, headers)
        await self._client.send_body(made, True)
        self._sent_bytes = len(made)

    def _check_length(self, received: int) -> None:
        """Refuse an answer that is longer than its service allows, before any of it is sent."""
        if self._most_bytes and received > self._most_bytes:
            message = f"The answer is longer than the {self._most_bytes} bytes that the service allows."
            raise GatewayError(502, "answer_too_large", f"{message} Nothing was charged; ask for less.")

    async def _pass_pieces(self, is_stream: bool) -> None:
        """Pass pieces on as they arrive, but keep back the one that would tell the client that it has everything."""
        assert self._response is not None
        assert self._meter is not None
        await self._client.send_head(self._response.status, self._headers())
        kept = b""
        while chunk := await self._next_chunk():
            shown = self._meter.feed(chunk)
            if self._client.is_gone:
                continue
            if self._reply is not None:
                shown = self._reply.feed(shown)
            self._checkpoint()
            if is_stream and not kept and not _ends_stream(shown):
                await self._send(shown)
                continue
            if not is_stream and kept:
                await self._send(kept)
                kept = shown
            else:
                kept += shown
        self._outcome = "completed" if self._response.is_complete and not self._client.is_gone else "interrupted"
        await self.finish()
        if not self._client.is_gone:
            kept += self._meter.remainder()
            if self._reply is not None:
                kept += self._reply.end()
            await self._send(kept, last=True)

    async def _next_chunk(self) -> bytes:
        """Return the next piece, or nothing at the end. Raises UpstreamError while the client is there."""
        assert self._response is not None
        try:
            chunk = await self._response.next_chunk()
            if self._most_bytes and self._response.received_bytes > self._most_bytes:
                raise UpstreamBadResponse("The answer is longer than the service allows.")
            return chunk
        except UpstreamError:
            if self._client.is_gone:
                return b""
            raise

    def _client_left(self) -> None:
        """Go on reading for a while, for the usage at the stream's end; then stop the upstream."""
        assert self._response is not None
        asyncio.get_running_loop().call_later(self._deps.settings.drain_seconds, self._response.cancel)

    async def _send(self, body: bytes, *, last: bool = False) -> None:
        if body or last:
            self._sent_bytes += len(body)
            await self._client.send_body(body, last)

    def _headers(self) -> Headers:
        """Return the upstream's headers that may cross, and ours."""
        assert self._response is not None
        ctx = self._ctx
        assert ctx.plan is not None
        passed = crossing.for_client(self._response.headers)
        if self._reply is not None:
            is_stream = self._meter is not None and self._meter.is_stream
            passed = [pair for pair in passed if pair[0].lower() not in (_OF_STREAM if is_stream else _OF_BODY)]
        if ctx.limit_headers is not None:
            passed = [pair for pair in passed if not pair[0].lower().startswith(_LIMITS)]
        if ctx.added_stream_usage:
            passed = [pair for pair in passed if pair[0].lower() != b"content-length"]
        return passed + own_headers(ctx)

    def _checkpoint(self) -> None:
        now = time.monotonic()
        if now < self._checkpoint_at or self._meter is None:
            return
        self._checkpoint_at = now + _CHECKPOINT_SECONDS
        so_far = self._meter.so_far(seconds=self._account.seconds())
        status, received = (self._response.status, self._response.received_bytes) if self._response else (0, 0)
        self._account.checkpoint(so_far.usage, so_far.flags, status=status, response_bytes=received)

    async def finish(self) -> None:
        """Make the usage durable and give back what the call did not cost. Only the first time counts."""
        if self.is_finished:
            return
        self.is_finished = True
        self._client.on_leaving = None
        if self._response is not None and not self._response.is_complete:
            self._response.cancel()
        response = self._response
        status, received = (response.status, response.received_bytes) if response else (0, 0)
        usage, flags = self._used()
        await self._account.close(
            self._account.event(self._outcome, usage, flags, status=status, response_bytes=received)
        )

    def cut_off(self) -> None:
        """Note that time ran out on our side: what came until then was delivered to us."""
        if self._account.first_byte_at and not self.is_finished:
            self._outcome = "interrupted"

    def _used(self) -> tuple[Metrics, tuple[str, ...]]:
        if self._meter is None or self._response is None or self._response.status >= 400:
            return {}, ()
        try:
            result = self._meter.finish(interrupted=self._outcome == "interrupted", seconds=self._account.seconds())
        except Exception:  # whatever an upstream writes, the call is accounted for and its hold is freed
            log.exception("usage.unreadable request=%s", self._ctx.event_id)
            return {}, ("unreadable_usage",)
        return result.usage, result.flags


def _ends_stream(chunk: bytes) -> bool:
    return any(end in chunk for end in _STREAM_ENDS)
