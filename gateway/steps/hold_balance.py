"""The worst case of the call is set aside before anything is sent. No money, no call."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

from domain import metering
from domain.call_tokens import CallToken
from domain.money import rounded
from domain.pricing import CompiledPrice, PricingError
from domain.routing.plan import Call
from gateway.budgets import BudgetSpent, BudgetUnknown
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.leases import InsufficientFunds


async def run(ctx: RequestContext, deps: Deps) -> None:
    """Set ctx.hold. Raises GatewayError 402 or 422, StoreUnavailable."""
    assert ctx.plan is not None
    estimate(ctx)
    if ctx.token is not None:
        await _within(ctx.token, ctx, deps)
    purse = ctx.part.purse if ctx.part is not None else None
    try:
        ctx.hold = await (purse or deps.leases).hold(ctx.plan.wallet_id, ctx.estimate)
    except BaseException as error:
        if ctx.budget is not None:
            ctx.budget.settle(Decimal(0))
        if isinstance(error, InsufficientFunds):
            raise too_little(error, ctx.plan.price.currency) from error
        raise


def estimate(ctx: RequestContext) -> None:
    """Set ctx.estimate. Raises GatewayError 422."""
    assert ctx.plan is not None
    assert ctx.price is not None
    ctx.estimate = most(ctx.plan, ctx.price, ctx.body_json, ctx.body_bytes)


async def _within(token: CallToken, ctx: RequestContext, deps: Deps) -> None:
    """Keep a call to what its token is good for. Raises GatewayError 402, 403 or 503."""
    assert ctx.plan is not None
    if token.service_id is not None and token.service_id != ctx.plan.service.id:
        message = f"The call token is not for {ctx.plan.service.name}. Call the service that it was made for."
        raise GatewayError(403, "other_service", message)
    if token.cap is None or ctx.estimate <= 0:
        return
    try:
        ctx.budget = await deps.budgets.take(token, ctx.estimate)
    except BudgetSpent as error:
        message = (
            f"The calls of this token may still cost {_shown(error.left)} {ctx.plan.price.currency}; "
            f"this one may cost up to {_shown(ctx.estimate)}. Lower max_tokens."
        )
        raise GatewayError(402, "budget_spent", message) from error
    except BudgetUnknown as error:
        message = "What this token has spent cannot be counted now. Call again in a few seconds."
        raise GatewayError(503, "limits_unavailable", message, retry_after_seconds=5) from error


def most(call: Call, price: CompiledPrice, body_json: Any, body_bytes: int) -> Decimal:
    """Return the most that a call can cost, rounded as the books are. Raises GatewayError 422."""
    if call.enrollment is not None and call.enrollment.is_covered(time.time()):
        return Decimal(0)  # an included quota pays for it
    if price.rates is not None and call.channel.access_method == "http":
        tokens_in, tokens_out, _ = metering.max_tokens(body_json, body_bytes, call.service.details)
        if (amount := price.rates.most(tokens_in, tokens_out)) is not None:
            return amount
    bound = metering.hold_usage(call.channel.access_method, body_json, body_bytes, call.service.details)
    try:
        return rounded(price.bound(bound, channel=call.channel.name))
    except PricingError as error:
        message = f"The price of {call.service.name} cannot be computed for this call: {error}. Ask its seller."
        raise GatewayError(422, "price_not_computable", message) from error


def too_little(error: InsufficientFunds, currency: str) -> GatewayError:
    """Return what is said when a wallet cannot bear a call."""
    message = (
        f"The wallet has {_shown(error.spendable)} {currency} to spend; this call may cost up to "
        f"{_shown(error.needed)} {currency}. Top up, or lower max_tokens."
    )
    return GatewayError(402, "insufficient_funds", message)


def _shown(amount: Decimal) -> str:
    """Return an amount in plain digits: six places, or all that there are where six would hide that it is something."""
    places = Decimal("0.000001")
    return format((amount.quantize(places) if abs(amount) >= 1000 * places else amount).normalize(), "f")
