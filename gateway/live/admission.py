"""Letting a connection in: by the steps of any call, up to the one upstream that it goes on to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from domain.event_ids import new_event_id
from domain.routing import selection
from domain.routing.plan import Call
from domain.routing.tree import Choice, Failover, Node, Refused
from gateway import candidates
from gateway.compiled import CompiledChannel
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.execution.part import Part
from gateway.steps import authenticate, hold_balance, limit_rate, resolve_route, rewrite

#: What the nodes that a connection cannot go through are to those who wrote the path.
_WHOLE_ANSWERS = {
    "Memo": "/m/ remembers whole answers",
    "Tee": "/t/ copies whole requests",
    "Register": "/r/ and /d/ keep whole requests for later",
    "Chain": "A chain goes from one whole answer to the next call",
    "Broadcast": "A broadcast collects whole answers",
    "Listing": "The list of a group's models is a whole answer",
    "Result": "The result of a task is a whole answer",
}


@dataclass(frozen=True, slots=True)
class Way:
    """One upstream that may serve the connection. is_member: of a group, whose health is watched."""

    call: Call
    channel: CompiledChannel
    is_member: bool


async def ways(ctx: RequestContext, deps: Deps) -> list[Way]:
    """Return the upstreams to try, in order. Raises GatewayError, StoreUnavailable."""
    await who_and_what(ctx, deps)
    found: list[Way] = []
    refusal: GatewayError | None = None
    for call, is_member in [(ctx.plan, False)] if ctx.plan is not None else _calls(_node(ctx)):
        try:
            resolve_route.bind(ctx, call, await resolve_route.service_of(call.service.id, ctx, deps), deps)
        except GatewayError as error:
            refusal = refusal or error
            continue
        assert ctx.channel is not None
        servers = selection.by_weight(ctx.channel.servers, deps.draw()) if ctx.channel.servers else ()
        channels = [server.channel for server in servers] or [ctx.channel]
        found += [Way(call, channel, is_member) for channel in channels]
    if not found and refusal is not None:
        raise refusal
    return found


async def who_and_what(ctx: RequestContext, deps: Deps) -> None:
    """Set ctx.key and ctx.customer, and ctx.plan or ctx.tree. Raises GatewayError, StoreUnavailable."""
    await authenticate.run(ctx, deps)
    if ctx.token is not None and ctx.token.purpose == "test":
        await candidates.enter(ctx, deps)
    await resolve_route.run(ctx, deps)
    if ctx.is_direct:
        candidates.check_is_one_call(ctx)


async def enter(ctx: RequestContext, way: Way, deps: Deps) -> None:
    """Write the request for one upstream and set its money aside. Raises GatewayError, StoreUnavailable."""
    ctx.plan, ctx.channel, ctx.price = way.call, way.channel, deps.prices.of(way.call.price)
    await rewrite.run(ctx, deps)
    if ctx.is_direct:
        return
    await (hold_balance if way.channel.bounds is None else limit_rate).run(ctx, deps)


def again(ctx: RequestContext, failed: list[str]) -> RequestContext:
    """Return another attempt at the same connection, with an id of its own. failed: those before it."""
    started_ms = time.time_ns() // 1_000_000
    parent_id = ctx.part.parent_id if ctx.part is not None else None
    attempt = RequestContext(
        event_id=new_event_id(started_ms),
        method=ctx.method,
        path=ctx.path,
        query=ctx.query,
        headers=ctx.headers,
        body=ctx.body,
        started_ms=started_ms,
        started=time.monotonic(),
        access=ctx.access,
    )
    attempt.parsed, attempt.key, attempt.token = ctx.parsed, ctx.key, ctx.token
    attempt.customer, attempt.candidate = ctx.customer, ctx.candidate
    attempt.part = Part("failover", parent_id or ctx.event_id, failed=failed)
    return attempt


def _node(ctx: RequestContext) -> Node:
    assert ctx.tree is not None
    return ctx.tree


def _calls(node: Node) -> Iterator[tuple[Call, bool]]:
    """Yield the calls that a plan tries one after another. Raises GatewayError when it is more than that."""
    match node:
        case Call():
            yield node, False
        case Choice():
            yield from ((call, True) for call in node.calls)
        case Failover():
            if not isinstance(node.primary, Refused) or node.fallback is None:
                yield from _calls(node.primary)
            if node.fallback is not None:
                yield from _calls(node.fallback)
        case Refused():
            raise resolve_route.refused(node.refusal)
        case _:
            what = _WHOLE_ANSWERS[type(node).__name__]
            message = f"{what}; a connection that stays open has none. Name the service, an alias or a group itself."
            raise GatewayError(400, "not_for_connections", message)


class Watched:
    """What a group learns of a member: whether it answered."""

    def __init__(self, service_id: str, deps: Deps, *, is_customers_own: bool) -> None:
        self._health, self._service_id, self._is_customers_own = deps.health, service_id, is_customers_own
        self._began = time.monotonic()
        self._is_open = True
        self._health.begin(service_id, self._began)

    def answered(self, status: int) -> None:
        """Note an answer. status: as HTTP has it."""
        if self._is_customers_own:
            return
        self._is_open = False
        now = time.monotonic()
        if status >= 500:
            self._health.failed(self._service_id, now)
        else:
            self._health.succeeded(self._service_id, now, (now - self._began) * 1000)

    def failed(self) -> None:
        """Note that there was no answer."""
        if self._is_open and not self._is_customers_own:
            self._is_open = False
            self._health.failed(self._service_id, time.monotonic())

    def over(self) -> None:
        """Note the end: an attempt that told nothing is taken back."""
        if self._is_open:
            self._is_open = False
            self._health.abandoned(self._service_id)


class Unwatched:
    """A service that was named by itself: nobody chooses by its health."""

    def answered(self, status: int) -> None:
        """Forget it."""

    def failed(self) -> None:
        """Forget it."""

    def over(self) -> None:
        """Forget it."""


def watched(way: Way, deps: Deps) -> Watched | Unwatched:
    """Return who is told how an attempt went."""
    if not way.is_member:
        return Unwatched()
    return Watched(way.call.service.id, deps, is_customers_own=way.call.channel.is_customers_own)
