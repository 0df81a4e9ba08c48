"""The call itself: send, pass the answer on as it comes, count what was used, keep that on disk before the last byte.

"The last byte" is what tells a client that its answer is whole: the end of the body, or the event that ends a stream.
It leaves only after the usage event is durable; so whoever has a whole answer has been charged for it, exactly once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from domain import metering
from domain.money import rounded
from domain.pricing import PricingError
from domain.usage import UsageEvent
from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.upstream import headers as crossing
from gateway.upstream.errors import (
    BadRequestHead,
    EgressRefused,
    UpstreamBadResponse,
    UpstreamBusy,
    UpstreamClosed,
    UpstreamError,
    UpstreamRefused,
    UpstreamTimeout,
)
from gateway.upstream.response import UpstreamResponse

log = logging.getLogger(__name__)

#: Answers up to this size leave in one piece, after their usage is on disk.
_WHOLE_BYTES = 1024 * 1024
_STREAM_ENDS = (b"data: [DONE]", b"data:[DONE]", b"message_stop", b"response.completed")
_CHECKPOINT_SECONDS = 1.0

SendHead = Callable[[int, Headers], Awaitable[None]]
SendBody = Callable[[bytes, bool], Awaitable[None]]


@dataclass(slots=True)
class Client:
    """The way back. gone: set when the client has hung up; what is sent then goes nowhere."""

    send_head: SendHead
    send_body: SendBody
    gone: asyncio.Event = field(default_factory=asyncio.Event)


async def run(ctx: RequestContext, deps: Deps, client: Client) -> None:
    """Carry the plan out. Raises GatewayError as long as nothing has been sent to the client."""
    exchange = Exchange(ctx, deps, client)
    try:
        await exchange.run()
    finally:
        # whatever happened, the money is accounted for; a cancelled request must not leave a hold behind
        await asyncio.shield(exchange.finish())


class Exchange:
    """One upstream call and its accounts."""

    def __init__(self, ctx: RequestContext, deps: Deps, client: Client) -> None:
        self._ctx, self._deps, self._client = ctx, deps, client
        self._meter: metering.Meter | None = None
        self._response: UpstreamResponse | None = None
        self._outcome = "failed"
        self._first_byte_at = 0.0
        self._sent_bytes = 0
        self._finished = False
        self._checkpoint_at = ctx.started + _CHECKPOINT_SECONDS

    async def run(self) -> None:
        """Send the request and pass the answer on."""
        ctx, deps = self._ctx, self._deps
        deps.spool.intent(ctx.event_id, self._event(outcome="interrupted", usage={}, flags=("unfinished",)).to_json())
        self._response = await self._ask()
        self._first_byte_at = time.monotonic()
        self._meter = metering.meter_for(
            status=self._response.status,
            headers=self._response.headers,
            request_body=ctx.upstream_body,
            withhold_usage_chunk=ctx.added_stream_usage,
        )
        is_stream = self._meter.is_stream
        length = _content_length(self._response.headers)
        try:
            if not is_stream and length is not None and length <= _WHOLE_BYTES:
                await self._pass_whole()
            else:
                await self._pass_pieces(is_stream)
        except UpstreamError as error:
            # part of the answer may be out: the connection is cut, so that nobody takes it for a whole one
            self._outcome = "interrupted"
            log.warning("upstream.died request=%s code=%s", ctx.event_id, error.code)
            await self.finish()
            raise

    async def _ask(self) -> UpstreamResponse:
        ctx = self._ctx
        try:
            return await self._deps.upstream.request(
                ctx.method, ctx.url, ctx.upstream_headers, ctx.upstream_body or None
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

    async def _pass_pieces(self, is_stream: bool) -> None:
        """Pass pieces on as they arrive, but keep back the one that would tell the client that it has everything."""
        assert self._response is not None
        assert self._meter is not None
        await self._client.send_head(self._response.status, self._headers())
        kept = b""
        drain_until = 0.0
        while True:
            chunk = await self._next_chunk(drain_until)
            if not chunk:
                break
            shown = self._meter.feed(chunk)
            if self._client.gone.is_set():
                drain_until = drain_until or time.monotonic() + self._deps.settings.drain_seconds
                continue
            self._checkpoint()
            if is_stream and not kept and not _ends_stream(shown):
                await self._send(shown)
                continue
            if not is_stream and kept:
                await self._send(kept)
                kept = shown
            else:
                kept += shown
        self._outcome = "completed" if self._response.is_complete and not self._client.gone.is_set() else "interrupted"
        await self.finish()
        if not self._client.gone.is_set():
            await self._send(kept + self._meter.remainder(), last=True)

    async def _next_chunk(self, drain_until: float) -> bytes:
        """Return the next piece. A client that hangs up starts a bounded drain, for the usage at the stream's end."""
        assert self._response is not None
        if not drain_until:
            return await self._response.next_chunk()
        left = drain_until - time.monotonic()
        if left <= 0:
            self._response.cancel()
            return b""
        try:
            async with asyncio.timeout(left):
                return await self._response.next_chunk()
        except TimeoutError:
            self._response.cancel()
            return b""

    async def _send(self, body: bytes, *, last: bool = False) -> None:
        if body or last:
            self._sent_bytes += len(body)
            await self._client.send_body(body, last)

    def _headers(self) -> Headers:
        """Return the upstream's headers that may cross, and ours."""
        assert self._response is not None
        ctx = self._ctx
        assert ctx.plan is not None
        passed = [
            pair
            for pair in crossing.for_client(self._response.headers)
            if not pair[0].lower().startswith(b"x-usvc-") and pair[0].lower() != b"x-request-id"
        ]
        if ctx.added_stream_usage:
            passed = [pair for pair in passed if pair[0].lower() != b"content-length"]
        return passed + own_headers(ctx)

    def _checkpoint(self) -> None:
        now = time.monotonic()
        if now < self._checkpoint_at or self._meter is None:
            return
        self._checkpoint_at = now + _CHECKPOINT_SECONDS
        so_far = self._meter.so_far()
        event = self._event(outcome="interrupted", usage=so_far.usage, flags=so_far.flags)
        self._deps.spool.checkpoint(self._ctx.event_id, event.to_json())

    async def finish(self) -> None:
        """Make the usage durable and give back what the call did not cost. Only the first time counts."""
        if self._finished:
            return
        self._finished = True
        if self._response is not None and not self._response.is_complete:
            self._response.cancel()
        usage, flags = self._used()
        event = self._event(outcome=self._outcome, usage=usage, flags=flags)
        hold = self._ctx.hold
        assert hold is not None
        try:
            await self._deps.spool.final(self._ctx.event_id, event.to_json())
        finally:
            self._deps.leases.release(hold, min(self._charge(usage), hold.amount))

    def _used(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        if self._meter is None or not self._is_billable():
            return {}, ()
        result = self._meter.finish(interrupted=self._outcome == "interrupted")
        return dict(result.usage), tuple(result.flags)

    def _is_billable(self) -> bool:
        return self._outcome != "failed" and self._response is not None and self._response.status < 400

    def _charge(self, usage: dict[str, Any]) -> Decimal:
        """Return what settlement will charge, so that the rest of the hold is free again now."""
        ctx = self._ctx
        assert ctx.price is not None
        assert ctx.plan is not None
        if not self._is_billable():
            return Decimal(0)
        try:
            return max(rounded(ctx.price.cost(usage, channel=ctx.plan.channel.name)), Decimal(0))
        except PricingError:
            return Decimal(0)

    def _event(self, *, outcome: str, usage: dict[str, Any], flags: tuple[str, ...]) -> UsageEvent:
        ctx = self._ctx
        assert ctx.plan is not None
        assert ctx.key is not None
        assert ctx.hold is not None
        now = time.monotonic()
        return UsageEvent(
            event_id=ctx.event_id,
            team_id=ctx.key.team_id,
            wallet_id=ctx.plan.wallet_id,
            service_id=ctx.plan.service.id,
            enrollment_id=ctx.plan.enrollment.id if ctx.plan.enrollment else None,
            api_key_id=ctx.key.id,
            price_version_id=ctx.plan.price.id,
            currency=ctx.plan.price.currency,
            channel=ctx.plan.channel.name,
            lease_id=ctx.hold.lease_id,
            hold=ctx.hold.amount,
            usage=usage,
            status=self._response.status if self._response else 0,
            outcome=outcome,
            flags=flags,
            started_ms=ctx.started_ms,
            latency_ms=round((now - ctx.started) * 1000, 3),
            ttfb_ms=round((self._first_byte_at - ctx.started) * 1000, 3) if self._first_byte_at else None,
            gateway_id=self._deps.settings.gateway_id,
            path=ctx.path,
            method=ctx.method,
            request_bytes=len(ctx.body),
            response_bytes=self._response.received_bytes if self._response else 0,
        )


def own_headers(ctx: RequestContext) -> Headers:
    """Return what we tell of the call: its id, who served it, and what it was estimated to cost at most."""
    headers = [(b"x-request-id", ctx.event_id.encode())]
    if ctx.plan is not None:
        headers += [
            (b"x-usvc-service", ctx.plan.service.name.encode("ascii", "replace")),
            (b"x-usvc-channel", ctx.plan.channel.name.encode("ascii", "replace")),
            (b"x-usvc-cost-estimate", f"{ctx.estimate:f} {ctx.plan.price.currency}".encode()),
        ]
        if ctx.plan.enrollment is not None:
            headers.append((b"x-usvc-enrollment", ctx.plan.enrollment.code.encode()))
    return headers


def upstream_failed(error: UpstreamError) -> GatewayError:
    """Return what the client is told when the upstream did not answer. Nothing is charged."""
    match error:
        case UpstreamTimeout():
            return GatewayError(504, error.code, f"{error.message} Nothing was charged; call again later.")
        case UpstreamBusy():
            message = f"{error.message} Nothing was charged; call again in a moment."
            return GatewayError(503, error.code, message, retry_after_seconds=1)
        case EgressRefused() | BadRequestHead():
            return GatewayError(502, error.code, f"{error.message} Tell the service's seller; nothing was charged.")
        case UpstreamRefused() | UpstreamClosed() | UpstreamBadResponse():
            return GatewayError(502, error.code, f"{error.message} Nothing was charged; call again later.")
    return GatewayError(502, error.code, "The service did not answer. Nothing was charged; call again later.")


def _content_length(headers: Headers) -> int | None:
    for name, value in headers:
        if name.lower() == b"content-length":
            return int(value)
    return None


def _ends_stream(chunk: bytes) -> bool:
    return any(end in chunk for end in _STREAM_ENDS)
