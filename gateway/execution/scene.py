"""Where a node of a plan is carried out: for which request, with what, towards whom."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.event_ids import new_event_id
from domain.routing.estimates import worst_case
from domain.routing.plan import Call
from domain.routing.tree import Node
from domain.usage import Role
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.exchange import Client
from gateway.execution.part import Part
from gateway.execution.purse import Purse
from gateway.leases import InsufficientFunds
from gateway.steps import hold_balance

#: Replaces a request's body: the bytes, and what they mean as JSON.
Body = tuple[bytes, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """One request, what it is carried out with, and who gets the answer."""

    ctx: RequestContext
    deps: Deps
    client: Client

    @property
    def part(self) -> Part:
        """Return what the request is within its plan."""
        assert self.ctx.part is not None
        return self.ctx.part

    def towards(self, client: Client) -> Scene:
        """Return the same request with another one to get the answer."""
        return Scene(self.ctx, self.deps, client)

    def again(self, client: Client | None = None) -> Scene:
        """Return another attempt at the same answer, with an id of its own."""
        part = self.part
        made = self._request("failover", part.purse, part.flags, above=part)
        assert made.part is not None
        made.part.failed, made.part.notes = part.failed, part.notes
        return Scene(made, self.deps, client or self.client)

    def beside(self, role: Role, client: Client, *, apart: bool = False, flags: tuple[str, ...] = ()) -> Scene:
        """Return a request of its own with the same content. apart: its money and its costs are not the plan's."""
        part = self.part
        above, purse = (None, None) if apart else (part, part.purse)
        return Scene(self._request(role, purse, (*part.flags, *flags), above=above), self.deps, client)

    def _request(
        self, role: Role, purse: Purse | None, flags: tuple[str, ...], *, above: Part | None
    ) -> RequestContext:
        ctx = self.ctx
        part = Part(role, self.part.parent_id or ctx.event_id, flags, purse, above)
        part.remembering = above.remembering if above is not None else ()
        started_ms = time.time_ns() // 1_000_000
        request = RequestContext(
            event_id=new_event_id(started_ms),
            method=ctx.method,
            path=ctx.path,
            query=ctx.query,
            headers=ctx.headers,
            body=ctx.body,
            started_ms=started_ms,
            started=time.monotonic(),
        )
        request.parsed, request.body_json, request.upload, request.part = ctx.parsed, ctx.body_json, ctx.upload, part
        request.key, request.token = ctx.key, ctx.token
        request.candidate, request.customer = ctx.candidate, ctx.customer
        # of all calls of the plan: what is kept of its answer is cleared of them
        request.secrets_used = ctx.secrets_used
        return request


Runner = Callable[[Any, Scene], Awaitable[None]]
#: How each kind of node is carried out; `kinds` fills it.
RUNNERS: dict[type[Any], Runner] = {}


async def go(node: Node, scene: Scene) -> None:
    """Carry a node out. Raises GatewayError as long as nothing has been sent to the client."""
    await RUNNERS[type(node)](node, scene)


async def reserve(node: Node, scene: Scene) -> Purse | None:
    """Set aside what a plan may cost, unless a plan around it has. Raises GatewayError 402, StoreUnavailable."""
    if scene.part.purse is not None:
        return None
    amounts: dict[str, Decimal] = {}
    currencies: dict[str, str] = {}
    for (wallet_id, currency), amount in worst_case(node, cost_in(scene), with_copies=False).items():
        amounts[wallet_id], currencies[wallet_id] = amount, currency
    purse = Purse(scene.deps.leases)
    try:
        await purse.fill(amounts)
    except InsufficientFunds as error:
        raise hold_balance.too_little(error, currencies[error.wallet_id]) from error
    return purse


@asynccontextmanager
async def reserved(node: Node, scene: Scene) -> AsyncIterator[None]:
    """Have the money of `node` at hand in the scene's purse. Raises as `reserve` does."""
    purse = await reserve(node, scene)
    if purse is None:
        yield
        return
    scene.part.purse = purse
    try:
        yield
    finally:
        scene.part.purse = None
        purse.close()


def cost_in(scene: Scene) -> Callable[[Call], Decimal]:
    """Return the most that a call costs for the request of the scene. Raises GatewayError 422."""
    ctx = scene.ctx

    def cost(call: Call) -> Decimal:
        return hold_balance.most(call, scene.deps.prices.of(call.price), ctx.body_json, ctx.body_bytes)

    return cost
