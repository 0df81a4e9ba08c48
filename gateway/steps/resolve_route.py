"""What is called: one service, or a plan of several calls; by domain.routing, with the records that it needs.

Most calls name one service and nothing else. They take the short way: the functions that a plan's leaves are made with.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from domain.routing import expansion, grammar, plan
from domain.routing.asking import Asker, Need, PlanRefused
from domain.routing.health import Health
from domain.routing.matching import routing_key_of
from domain.routing.tree import Node, Refused
from gateway.compiled import CompiledService
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.records import Missing


async def run(ctx: RequestContext, deps: Deps) -> None:
    """Set ctx.parsed, and either ctx.plan, ctx.channel and ctx.price, or ctx.tree.

    Raises GatewayError, StoreUnavailable.
    """
    said = ctx.parsed or read(ctx)
    if said.names_more_than_a_service:
        ctx.tree = await _plan(ctx, said, deps)
        return
    while ctx.plan is None and (missing := look(ctx, said, deps)) is not None:
        await missing.load()
    if ctx.plan is None:
        ctx.tree = await _plan(ctx, said, deps)


def read(ctx: RequestContext) -> grammar.ParsedPath:
    """Set ctx.parsed and ctx.body_json, and return what the path says. Raises GatewayError 400, 404."""
    said = parsed(ctx)
    if ctx.body_json is None and is_json(ctx):  # the short way may have read it
        ctx.body_json = json_of(ctx)
    ctx.parsed = said
    return said


def parsed(ctx: RequestContext) -> grammar.ParsedPath:
    """Return what the path says. Raises GatewayError 400, 404."""
    try:
        return _parse(ctx.path, ctx.query)
    except grammar.BadPath as error:
        raise unreadable(error) from error


def is_json(ctx: RequestContext) -> bool:
    """Return whether the head says that the body is JSON."""
    return b"json" in (ctx.header(b"content-type") or b"")


def json_of(ctx: RequestContext) -> Any:
    """Return the value of a body that is JSON, None for an empty one. Raises GatewayError 400."""
    if not ctx.body:
        return None
    try:
        return orjson.loads(ctx.body)
    except orjson.JSONDecodeError as error:
        message = f"The body is not JSON ({error.msg} at character {error.pos}). Mend it, or send another content type."
        raise GatewayError(400, "body_not_json", message) from error


def look(ctx: RequestContext, parsed: grammar.ParsedPath, deps: Deps) -> Missing | None:
    """Set ctx.plan, ctx.channel and ctx.price, or return what has to be read first. Raises as `run` does.

    For paths that name one service. A channel with several servers makes a tree of it. Nothing is set for a platform
    service: which of its members answers is planned.
    """
    assert ctx.customer is not None
    found = plan.find(
        parsed,
        routing_key=routing_key_of(ctx.body_json),
        routes=ctx.candidate.routes if ctx.candidate is not None else deps.records.routes,
        customer=ctx.customer.record,
        own=ctx.customer.own_routes,
    )
    if isinstance(found, plan.Refusal):
        raise refused(found)
    service = _service(found.service_id, ctx, deps)
    if isinstance(service, Missing):
        return service
    if service.record.pool is not None:
        return None
    chosen = plan.choose(found, service.record, ctx.customer.record, parsed, access=ctx.access)
    if isinstance(chosen, plan.Refusal):
        raise refused(chosen)
    bind(ctx, chosen, service, deps)
    assert ctx.channel is not None
    if ctx.channel.servers:
        ctx.tree = chosen
    return None


def _parse(path: str, query: str) -> grammar.ParsedPath:
    """Return what a path says; the same few are called again and again. Raises grammar.BadPath."""
    return _remembered(path, query) if len(path) + len(query) <= _REMEMBERED_LENGTH else grammar.parse(path, query)


_REMEMBERED_LENGTH = 512
_remembered = lru_cache(maxsize=4096)(grammar.parse)


def bind(ctx: RequestContext, call: plan.Call, service: CompiledService, deps: Deps) -> None:
    """Set ctx.plan, ctx.channel and ctx.price for one upstream call. Raises GatewayError 501, or 502 config_error."""
    channel = service.channel(call.channel.name)
    if channel is None:
        message = f"{service.record.name} was changed while you called. Call again."
        raise GatewayError(503, "channel_missing", message, retry_after_seconds=1)
    if channel.is_broken:
        message = f"{service.record.name} cannot be called: {channel.unsupported} Tell its seller; nothing was charged."
        raise GatewayError(502, "config_error", message)
    if channel.unsupported:
        message = f"{service.record.name} cannot be called now: {channel.unsupported}. Choose another channel."
        raise GatewayError(501, "channel_unsupported", message)
    ctx.plan, ctx.channel, ctx.price = call, channel, deps.prices.of(call.price)


async def service_of(service_id: str, ctx: RequestContext, deps: Deps) -> CompiledService:
    """Return a service by its id. Raises GatewayError 404, StoreUnavailable."""
    while isinstance(found := _service(service_id, ctx, deps), Missing):
        await found.load()
    return found


def _service(service_id: str, ctx: RequestContext, deps: Deps) -> CompiledService | Missing:
    if ctx.candidate is not None and ctx.candidate.service.record.id == service_id:
        return ctx.candidate.service
    known, service = deps.records.shelves["service"].peek(service_id)
    if not known:
        return Missing(deps.records.shelves["service"], service_id)
    if service is None:
        message = "There is no such service. Browse the market for what is on offer."
        raise GatewayError(404, "service_not_found", message)
    found: CompiledService = service
    return found


def refused(refusal: plan.Refusal) -> GatewayError:
    """Return the error of a refusal."""
    return GatewayError(refusal.status, refusal.code, refusal.message)


def unreadable(error: grammar.BadPath) -> GatewayError:
    """Return the error of a path that cannot be read."""
    return GatewayError(error.status, error.code, error.message)


class _Weather:
    """The health of services as it is now."""

    def __init__(self, health: Health, now: float) -> None:
        self._health, self._now = health, now

    def is_out(self, service_id: str) -> bool:
        return self._health.is_out(service_id, self._now)

    def latencies(self) -> Mapping[str, float]:
        return self._health.latencies(self._now)


async def _plan(ctx: RequestContext, parsed: grammar.ParsedPath, deps: Deps) -> Node:
    """Return the plan of a path. Raises GatewayError, StoreUnavailable."""
    assert ctx.customer is not None
    assert ctx.key is not None
    asker = Asker(
        customer=ctx.customer.record,
        own=ctx.customer.own_routes,
        routing_key=routing_key_of(ctx.body_json),
        draw=deps.draw,
        method=ctx.method,
        caller=ctx.key.id,
        header=lambda name: _header(ctx, name),
        conditions=_Weather(deps.health, time.monotonic()),
        access=ctx.access,
    )
    work = expansion.expand(parsed, asker)
    try:
        need = next(work)
        while True:
            need = work.send(await _fetch(need, deps))
    except StopIteration as done:
        node: Node = done.value
    except PlanRefused as error:
        raise refused(error.refusal) from error
    except grammar.BadPath as error:
        raise unreadable(error) from error
    if isinstance(node, Refused):
        raise refused(node.refusal)
    return node


async def _fetch(need: Need, deps: Deps) -> Any:
    """Return what an expansion asks for."""
    if need.kind == "routes":
        return deps.records.routes
    shelf = deps.records.shelves[need.kind]
    known, record = shelf.peek(need.key)
    if not known:
        record = await shelf.get(need.key)
    return record.record if isinstance(record, CompiledService) else record


def _header(ctx: RequestContext, name: str) -> str | None:
    value = ctx.header(name.encode("latin-1", "replace"))
    return None if value is None else value.decode("latin-1")
