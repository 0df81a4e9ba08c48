"""What the client is told of a call beside the upstream's answer, and what the answer's headers tell us."""

from __future__ import annotations

import asyncio
import math

from gateway.context import Headers, RequestContext
from gateway.errors import GatewayError
from gateway.upstream.errors import (
    BadRequestHead,
    EgressRefused,
    UpstreamBadResponse,
    UpstreamBusy,
    UpstreamClosed,
    UpstreamError,
    UpstreamOpen,
    UpstreamRefused,
    UpstreamTimeout,
)
from gateway.upstream.response import UpstreamResponse


def own_headers(ctx: RequestContext) -> Headers:
    """Return what we tell of the call: its id, who served it, and what it was estimated to cost at most."""
    headers = [(b"x-request-id", ctx.event_id.encode())]
    if ctx.limit_headers is not None:
        headers += ctx.limit_headers
    if ctx.part is not None:
        headers += ctx.part.headers()
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
        case UpstreamOpen():
            message = f"{error.message} Nothing was charged; call again later."
            return GatewayError(503, error.code, message, retry_after_seconds=max(math.ceil(error.seconds), 1))
        case UpstreamBusy():
            message = f"{error.message} Nothing was charged; call again in a moment."
            return GatewayError(503, error.code, message, retry_after_seconds=1)
        case EgressRefused() | BadRequestHead():
            return GatewayError(502, error.code, f"{error.message} Tell the service's seller; nothing was charged.")
        case UpstreamRefused() | UpstreamClosed() | UpstreamBadResponse():
            return GatewayError(502, error.code, f"{error.message} Nothing was charged; call again later.")
    return GatewayError(502, error.code, "The service did not answer. Nothing was charged; call again later.")


def client_left() -> GatewayError:
    """Return why a call is given up that nobody waits for. Nobody reads it but the log."""
    return GatewayError(499, "client_left", "The caller hung up before there was an answer. Nothing was charged.")


def answered_here(status: int) -> UpstreamResponse:
    """Return an empty answer that no upstream gave."""
    answer = UpstreamResponse(None, asyncio.get_running_loop(), 0)
    answer.start(status, [(b"content-length", b"0")])
    answer.finish()
    return answer


def length_of(body: bytes) -> tuple[bytes, bytes]:
    """Return the header that tells how long a body is."""
    return b"content-length", str(len(body)).encode()


def content_length(headers: Headers) -> int | None:
    """Return how long the body is said to be, or None."""
    for name, value in headers:
        if name.lower() == b"content-length":
            return int(value)
    return None


def is_event_stream(headers: Headers) -> bool:
    """Return whether the body is a stream of events."""
    return any(name.lower() == b"content-type" and b"event-stream" in value.lower() for name, value in headers)
