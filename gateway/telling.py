"""What the client is told of a call beside the upstream's answer, and what the answer's headers tell us."""

from __future__ import annotations

import asyncio
import math
from functools import lru_cache

from domain.routing.plan import Call
from gateway.context import Headers, RequestContext
from gateway.errors import GatewayError
from gateway.upload import UploadEnded
from gateway.upstream import headers as crossing
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

#: What upstreams say of limits that are not the caller's.
_LIMITS = (b"ratelimit-", b"x-ratelimit-", b"anthropic-ratelimit-")


def own_headers(ctx: RequestContext) -> Headers:
    """Return what we tell of the call: its id, who served it, and what it was estimated to cost at most."""
    headers = [(b"x-request-id", ctx.event_id.encode())]
    if ctx.limit_headers is not None:
        headers += ctx.limit_headers
    if ctx.part is not None:
        headers += ctx.part.headers()
    if (plan := ctx.plan) is not None:
        headers += served_by(plan)
        headers.append((b"x-usvc-cost-estimate", f"{ctx.estimate:f} {plan.price.currency}".encode()))
    return headers


def own_lines(ctx: RequestContext, served: str) -> bytes:
    """Return `own_headers` of a plain call as lines of a head. served: those of `served_by`."""
    assert ctx.plan is not None
    currency = ctx.plan.price.currency
    return f"x-request-id: {ctx.event_id}\r\n{served}x-usvc-cost-estimate: {ctx.estimate:f} {currency}\r\n".encode()


def served_by(plan: Call) -> Headers:
    """Return who serves a call."""
    return _served_by(plan.service.name, plan.channel.name, plan.enrollment.code if plan.enrollment else "")


def served_lines(call: Call) -> str | None:
    """Return `served_by` as lines of a head; None where a name cannot stand in one as it is."""
    code = call.enrollment.code if call.enrollment else ""
    service, channel = call.service.name, call.channel.name
    if not (service + channel).isascii():
        service, channel = (name.encode("ascii", "replace").decode() for name in (service, channel))
    if not f"{service}{channel}{code}".isprintable():
        return None
    enrolled = f"x-usvc-enrollment: {code}\r\n" if code else ""
    return f"x-usvc-service: {service}\r\nx-usvc-channel: {channel}\r\n{enrolled}"


def headers_back(headers: Headers, ctx: RequestContext) -> Headers:
    """Return the upstream's headers that may cross to the client, and ours."""
    passed = crossing.for_client(headers)
    if ctx.limit_headers is not None:
        passed = [pair for pair in passed if not pair[0].lower().startswith(_LIMITS)]
    if ctx.added_stream_usage:
        passed = [pair for pair in passed if pair[0].lower() != b"content-length"]
    return passed + own_headers(ctx)


@lru_cache(maxsize=4096)
def _served_by(service: str, channel: str, enrollment: str) -> Headers:
    headers = [
        (b"x-usvc-service", service.encode("ascii", "replace")),
        (b"x-usvc-channel", channel.encode("ascii", "replace")),
    ]
    return [*headers, (b"x-usvc-enrollment", enrollment.encode())] if enrollment else headers


def upstream_failed(error: UpstreamError) -> GatewayError:
    """Return what the client is told when the upstream did not answer. Nothing is charged."""
    match error:
        case UploadEnded():
            return error.refusal
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
    answer.start(status, [(b"content-length", b"0")], is_events=False, length=0)
    answer.finish()
    return answer


def length_of(body: bytes) -> tuple[bytes, bytes]:
    """Return the header that tells how long a body is."""
    return b"content-length", str(len(body)).encode()
