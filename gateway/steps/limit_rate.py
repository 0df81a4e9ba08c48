"""Whether a channel takes this call now: its constraints, then its limits, then the money. For channels with bounds."""

from __future__ import annotations

import math

from domain.limits import amounts
from domain.limits.constraints import Constraints
from domain.limits.rules import Rule
from gateway.bounds import Bounds
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.limits import Answer, Caller, LimitsUnknown
from gateway.steps import hold_balance

_WHOSE = {"customer": "your account", "channel": "this service", "account": "the seller's account with its provider"}


async def run(ctx: RequestContext, deps: Deps) -> None:
    """Set ctx.allowance, ctx.limit_headers and ctx.hold. Raises GatewayError, StoreUnavailable."""
    assert ctx.channel is not None
    bounds = ctx.channel.bounds
    assert bounds is not None
    _check(bounds.constraints, ctx)
    if bounds.rules:
        await _take(bounds, ctx, deps)
    try:
        await hold_balance.run(ctx, deps)
    except BaseException:
        if ctx.allowance is not None:
            allowance, ctx.allowance = ctx.allowance, None
            await deps.limits.undo(allowance)
        raise


def _check(constraints: Constraints, ctx: RequestContext) -> None:
    most = constraints.request_bytes
    if most and max(ctx.body_bytes, len(ctx.upstream_body)) > most:
        raise GatewayError(413, "body_too_large", f"The service takes bodies of at most {most} bytes. Send less.")
    most = constraints.batch
    assert ctx.plan is not None
    if most and (count := constraints.batch_of(ctx.body_json, ctx.plan.rest)) > most:
        message = f"The service takes at most {most} entries at once, not {count}. Send them in several calls."
        raise GatewayError(422, "batch_too_large", message)


async def _take(bounds: Bounds, ctx: RequestContext, deps: Deps) -> None:
    assert ctx.plan is not None
    service = ctx.plan.service

    def taken(rule: Rule) -> int:
        return amounts.expected(rule.unit, ctx.body_json, ctx.body_bytes, service.details)

    try:
        answer = await deps.limits.ask(bounds.rules, _caller(ctx), taken, ctx.event_id)
    except LimitsUnknown as error:
        message = "The service has limits that cannot be counted now. Call again in a few seconds."
        raise GatewayError(503, "limits_unavailable", message, retry_after_seconds=5) from error
    ctx.limit_headers = answer.headers
    if answer.allowance is None:
        raise _refused(answer)
    ctx.allowance = answer.allowance


def _caller(ctx: RequestContext) -> Caller:
    assert ctx.plan is not None
    assert ctx.customer is not None
    service, customer = ctx.plan.service, ctx.customer.record
    return Caller(
        customer.team_id,
        service.id,
        ctx.plan.channel.name,
        service.seller_id,
        service.provider_name,
        customer.time_zone,
    )


def _refused(answer: Answer) -> GatewayError:
    rule = answer.refused
    assert rule is not None
    seconds = max(math.ceil(answer.retry_ms / 1000), 1)
    what = rule.unit.replace("_", " ")
    again = f"Call again in {seconds} s."
    if rule.name == "quota":
        message = f"The quota of {rule.limit} {what} a {rule.window} is used up. {again}"
        return GatewayError(429, "quota_exceeded", message, retry_after_seconds=seconds)
    if rule.unit == "concurrent":
        message = f"At most {rule.limit} calls at the same time are open to {_WHOSE[rule.scope]}. {again}"
        return GatewayError(429, "too_many_concurrent", message, retry_after_seconds=seconds)
    message = f"At most {rule.limit} {what} a {rule.window} are open to {_WHOSE[rule.scope]}. {again}"
    return GatewayError(429, "rate_limited", message, retry_after_seconds=seconds)
