"""The order of the steps. The order is the contract."""

from __future__ import annotations

import logging

from gateway import candidates, exchange, tested, upload
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.exchange import Client
from gateway.execution import kinds
from gateway.execution.clearing import Clearing
from gateway.request_log.asking import level_of
from gateway.seldom import Seldom
from gateway.spool.errors import SpoolError
from gateway.steps import authenticate, hold_balance, limit_rate, resolve_route, rewrite
from gateway.stores.base import StoreUnavailable
from gateway.tally import Tally

log = logging.getLogger(__name__)
_away, _refused = Seldom(), Seldom()


async def run(ctx: RequestContext, deps: Deps, client: Client) -> None:
    """Answer one request. Raises GatewayError as long as nothing has been sent to the client.

    Who, what, with which words, within which limits, for which money, and only then the call. A plan of several calls
    goes the second half of this way for each of them, in gateway.execution. The money comes last, so a refusal holds
    none.
    """
    try:
        await authenticate.run(ctx, deps)
        if ctx.token is not None and ctx.token.purpose == "test":
            await candidates.enter(ctx, deps)
        if ctx.token is not None and ctx.token.purpose == "schedule":
            client = Clearing(ctx, deps, client).client
        await resolve_route.run(ctx, deps)
        if (level := level_of(ctx)) is not None:
            client = deps.request_log.follow(ctx, client, level)
        await (_carry_out(ctx, deps, client) if ctx.candidate is None else tested.run(ctx, deps, client, _carry_out))
    except (StoreUnavailable, SpoolError) as error:
        raise unavailable(error, ctx) from error


async def _carry_out(ctx: RequestContext, deps: Deps, client: Client) -> None:
    if ctx.upload is not None:
        upload.check_plan(ctx)
    if ctx.tree is not None:
        await kinds.run(ctx, deps, client)
        return
    await rewrite.run(ctx, deps)
    bounds = ctx.channel.bounds if ctx.channel is not None else None
    await (hold_balance if bounds is None else limit_rate).run(ctx, deps)
    await exchange.run(ctx, deps, client)


def unavailable(error: Exception, ctx: RequestContext) -> GatewayError:
    """Return what is said when the books cannot be read, or not be written."""
    if isinstance(error, StoreUnavailable):
        _away.tell(log, logging.WARNING, "store.unavailable request=%s", ctx.event_id)
        message = "The gateway cannot reach its books now, so it makes no paid call. Call again in a few seconds."
        return GatewayError(503, "temporarily_unavailable", message, retry_after_seconds=2)
    _refused.tell(log, logging.ERROR, "spool.refused request=%s reason=%s", ctx.event_id, error)
    message = "The gateway cannot record usage now, so it makes no call. Call again in a few seconds."
    return GatewayError(503, "temporarily_unavailable", message, retry_after_seconds=5)


async def go_on(ctx: RequestContext, deps: Deps, client: Client, tally: Tally) -> None:
    """Make a call that has begun the short way, and could not be sent there. Raises as `run` does."""
    try:
        await exchange.run(ctx, deps, client, tally)
    except SpoolError as error:
        raise unavailable(error, ctx) from error
