"""Which service, enrollment, channel and price: the plan of domain.routing, with the records that it needs."""

from __future__ import annotations

from typing import Any

import orjson

from domain.routing import grammar, plan
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError


async def run(ctx: RequestContext, deps: Deps) -> None:
    """Set ctx.parsed, ctx.plan, ctx.channel and ctx.price. Raises GatewayError, StoreUnavailable."""
    assert ctx.customer is not None
    try:
        ctx.parsed = grammar.parse(ctx.path, ctx.query)
    except grammar.BadPath as error:
        raise GatewayError(404 if error.code == "unknown_prefix" else 400, error.code, error.message) from error
    ctx.body_json = _json(ctx)
    found = plan.find(
        ctx.parsed,
        routing_key=routing_key(ctx.body_json),
        routes=deps.records.routes,
        customer=ctx.customer.record,
        own=ctx.customer.own_routes,
    )
    if isinstance(found, plan.Refusal):
        raise _refused(found)
    service = await deps.records.shelves["service"].get(found.service_id)
    if service is None:
        message = "There is no such service. Browse the market for what is on offer."
        raise GatewayError(404, "service_not_found", message)
    chosen = plan.choose(found, service.record, ctx.customer.record, ctx.parsed)
    if isinstance(chosen, plan.Refusal):
        raise _refused(chosen)
    ctx.plan, ctx.channel = chosen, service.channels[chosen.channel.name]
    if ctx.channel.unsupported:
        message = f"{service.record.name} cannot be called now: {ctx.channel.unsupported}. Choose another channel."
        raise GatewayError(501, "channel_unsupported", message)
    ctx.price = deps.prices.of(chosen.price)


def routing_key(body: Any) -> dict[str, Any] | None:
    """Return what a request asks for: the `model` of its body."""
    if isinstance(body, dict) and isinstance(model := body.get("model"), str):
        return {"model": model}
    return None


def _json(ctx: RequestContext) -> Any:
    if not ctx.body or b"json" not in (ctx.header(b"content-type") or b""):
        return None
    try:
        return orjson.loads(ctx.body)
    except orjson.JSONDecodeError as error:
        message = f"The body is not JSON ({error.msg} at character {error.pos}). Mend it, or send another content type."
        raise GatewayError(400, "body_not_json", message) from error


def _refused(refusal: plan.Refusal) -> GatewayError:
    return GatewayError(refusal.status, refusal.code, refusal.message)
