"""Calls of tests: as any customer's, or straight to a channel, and their answers cleared of the secrets that were sent.

Straight means past enrollments, limits and money, with the same words to the upstream. Where that succeeds and the way
through the gateway fails, the fault is the platform's. Only this process opens the secrets.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from domain.scrubbing import scrub
from gateway import judging
from gateway.candidates import check_is_one_call
from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.exchange import Client
from gateway.execution.sinks import Collector
from gateway.secrets import SecretUnreadable
from gateway.shaping import LOCAL
from gateway.steps import rewrite
from gateway.telling import answered_here, length_of, own_headers, upstream_failed
from gateway.upstream import headers as crossing
from gateway.upstream.errors import UpstreamError
from gateway.upstream.limits import Timeouts
from gateway.upstream.response import UpstreamResponse

#: What of the answer of a straight call is looked at.
ANSWER_BYTES = 256 * 1024
_TIMEOUTS = Timeouts(connect=5.0, first_byte=30.0, idle=15.0, total=60.0)
_OF_BODY = frozenset((b"content-length", b"transfer-encoding"))

CarryOut = Callable[[RequestContext, Deps, Client], Awaitable[None]]


async def run(ctx: RequestContext, deps: Deps, client: Client, carry_out: CarryOut) -> None:
    """Make the call and answer with what came back. Raises GatewayError, StoreUnavailable."""
    assert ctx.candidate is not None
    if ctx.is_direct:
        status, headers, body = await _straight(ctx, deps)
    else:
        held = Collector()
        await carry_out(ctx, deps, held.client(client))
        status, headers, body = held.status, held.headers, held.body
    secrets = await _secrets(ctx, deps)
    body = scrub(body, secrets)
    cleared: Headers = [(name, scrub(value, secrets)) for name, value in headers if name.lower() not in _OF_BODY]
    await client.send_head(status, [*cleared, length_of(body)])
    await client.send_body(body, True)


async def _straight(ctx: RequestContext, deps: Deps) -> tuple[int, Headers, bytes]:
    check_is_one_call(ctx)
    await rewrite.run(ctx, deps)
    try:
        response = await _ask(ctx, deps)
        body = await _read(response)
        if (rules := judging.rules_of(ctx.channel)) is not None and response.status < 400:
            verdict = judging.check(response, rules, body if len(body) < ANSWER_BYTES else None)
            if verdict is not None:
                raise await judging.refusal(verdict, ctx, deps)
    except UpstreamError as error:
        raise upstream_failed(error) from error
    return response.status, [*crossing.for_client(response.headers), *own_headers(ctx)], body


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
