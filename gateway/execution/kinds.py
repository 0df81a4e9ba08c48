"""Which function carries out which kind of node, and the way in."""

from __future__ import annotations

from domain.routing.plan import Call
from domain.routing.tree import (
    Broadcast,
    Chain,
    Choice,
    Failover,
    Listing,
    Memo,
    Refused,
    Register,
    Result,
    Tee,
)
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.exchange import Client
from gateway.execution import broadcasts, calls, chains, copies, failover, groups, memos, registrations
from gateway.execution.part import Part
from gateway.execution.scene import RUNNERS, Scene, go

RUNNERS.update(
    {
        Call: calls.run,
        Refused: calls.refuse,
        Choice: groups.run,
        Listing: groups.listing,
        Failover: failover.run,
        Tee: copies.run,
        Memo: memos.run,
        Chain: chains.run,
        Broadcast: broadcasts.run,
        Result: broadcasts.result,
        Register: registrations.run,
    }
)


async def run(ctx: RequestContext, deps: Deps, client: Client) -> None:
    """Carry ctx.tree out. Raises GatewayError as long as nothing has been sent to the client."""
    assert ctx.tree is not None
    ctx.part = Part()
    await go(ctx.tree, Scene(ctx, deps, client))
