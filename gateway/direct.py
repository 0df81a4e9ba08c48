"""A test's call straight to a channel: past enrollments, limits and money, with the same words to the upstream.

Where it succeeds and the way through the gateway fails, the fault is the platform's. What is sent is made by the same
step as for any call; only this process opens the secrets, and what comes back is cleared of them.
"""

from __future__ import annotations

from domain.scrubbing import scrub
from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.exchange import Client
from gateway.secrets import SecretUnreadable
from gateway.shaping import LOCAL
from gateway.steps import rewrite
from gateway.telling import answered_here, length_of, own_headers, upstream_failed
from gateway.upstream import headers as crossing
from gateway.upstream.errors import UpstreamError
from gateway.upstream.limits import Timeouts
from gateway.upstream.response import UpstreamResponse

#: What of an answer a test looks at.
ANSWER_BYTES = 256 * 1024
_TIMEOUTS = Timeouts(connect=5.0, first_byte=30.0, idle=15.0, total=60.0)
_OF_BODY = frozenset((b"content-length", b"transfer-encoding"))


async def run(ctx: RequestContext, deps: Deps, client: Client) -> None:
    """Make the call and answer with what came back, at most ANSWER_BYTES of it. Raises GatewayError."""
    if ctx.plan is None:
        message = "A test that goes straight to the upstream calls one service. Take wrappers and groups out of it."
        raise GatewayError(422, "cannot_test", message)
    await rewrite.run(ctx, deps)
    try:
        response = await _ask(ctx, deps)
        body = await _read(response)
    except UpstreamError as error:
        raise upstream_failed(error) from error
    secrets = await _secrets(ctx, deps)
    headers = [pair for pair in crossing.for_client(response.headers) if pair[0].lower() not in _OF_BODY]
    body = scrub(body, secrets)
    cleared: Headers = [(name, scrub(value, secrets)) for name, value in headers]
    await client.send_head(response.status, [*cleared, *own_headers(ctx), length_of(body)])
    await client.send_body(body, True)


async def _ask(ctx: RequestContext, deps: Deps) -> UpstreamResponse:
    if ctx.url.startswith(LOCAL):
        return answered_here(int(ctx.url.removeprefix(LOCAL).strip("/")))
    return await deps.upstream.request(
        ctx.upstream_method or ctx.method,
        ctx.url,
        ctx.upstream_headers,
        ctx.upstream_body or None,
        timeouts=_TIMEOUTS,
        host=ctx.upstream_host,
    )


async def _read(response: UpstreamResponse) -> bytes:
    """Return the beginning of the body; the rest is not asked for."""
    pieces, size = [], 0
    while size < ANSWER_BYTES and (chunk := await response.next_chunk()):
        pieces.append(chunk)
        size += len(chunk)
    response.cancel()
    return b"".join(pieces)[:ANSWER_BYTES]


async def _secrets(ctx: RequestContext, deps: Deps) -> list[str]:
    """Return the values that were sent. Raises GatewayError when one cannot be read any more."""
    values = []
    try:
        for team_id, name in ctx.secrets_used:
            value = await deps.secrets.value(team_id, name)
            values += [value.text] if value is not None else []
    except SecretUnreadable as error:
        raise GatewayError(502, "config_error", "A secret of the service cannot be read. Store it again.") from error
    return values
