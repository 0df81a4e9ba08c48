"""The worst case of the call is set aside before anything is sent. No money, no call."""

from __future__ import annotations

from decimal import Decimal

from domain import metering
from domain.money import rounded
from domain.pricing import PricingError
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.leases import InsufficientFunds


async def run(ctx: RequestContext, deps: Deps) -> None:
    """Set ctx.hold. Raises GatewayError 402 or 422, StoreUnavailable."""
    assert ctx.plan is not None
    ctx.estimate = worst_case(ctx)
    try:
        ctx.hold = await deps.leases.hold(ctx.plan.wallet_id, ctx.estimate)
    except InsufficientFunds as error:
        currency = ctx.plan.price.currency
        message = (
            f"The wallet has {_shown(error.spendable)} {currency} to spend; this call may cost up to "
            f"{_shown(error.needed)} {currency}. Top up, or lower max_tokens."
        )
        raise GatewayError(402, "insufficient_funds", message) from error


def worst_case(ctx: RequestContext) -> Decimal:
    """Return the most that the call can cost, rounded as the books are. Raises GatewayError 422."""
    assert ctx.plan is not None
    assert ctx.price is not None
    bound = metering.max_usage(ctx.body_json, len(ctx.body), ctx.plan.service.details)
    try:
        return rounded(ctx.price.worst_case(bound, channel=ctx.plan.channel.name))
    except PricingError as error:
        message = f"The price of {ctx.plan.service.name} cannot be computed for this call: {error}. Ask its seller."
        raise GatewayError(422, "price_not_computable", message) from error


def _shown(amount: Decimal) -> str:
    return format(amount.quantize(Decimal("0.000001")).normalize(), "f")
