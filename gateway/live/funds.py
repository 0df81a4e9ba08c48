"""The money of a connection: held for a bounded step ahead, and moved on before the bound is passed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from decimal import Decimal

from domain.metering import steps
from domain.money import rounded
from domain.pricing import PricingError
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.leases import InsufficientFunds

_ZERO = Decimal(0)
#: Of a full step: what is asked for in turn, when the wallet cannot bear more.
_SHARES = (Decimal(1), Decimal("0.125"), _ZERO)


class FundsSpent(Exception):
    """The wallet cannot bear more. The sentence is for the customer."""


class Funds:
    """What one admitted connection may use by now. StoreUnavailable leaves the bound where it is."""

    def __init__(self, ctx: RequestContext, deps: Deps) -> None:
        self._ctx, self._deps = ctx, deps
        self._bound: Mapping[str, int | Decimal] = steps.STEP
        self._lock = asyncio.Lock()

    def cover(self, used: Mapping[str, int | Decimal]) -> bool:
        """Return whether so much has been paid for."""
        return steps.covers(self._bound, used)

    async def reach(self, used: Mapping[str, int | Decimal]) -> None:
        """Hold the money for so much, and a step more. Raises FundsSpent, StoreUnavailable."""
        async with self._lock:
            for share in _SHARES:
                if self.cover(used):
                    return
                try:
                    await self._move(steps.moved(self._bound, used, share))
                except InsufficientFunds as error:
                    if not share:
                        raise FundsSpent("The wallet is used up. Top up, then connect again.") from error

    async def _move(self, bound: Mapping[str, int | Decimal]) -> None:
        ctx = self._ctx
        assert ctx.plan is not None
        assert ctx.hold is not None
        more = self._most(bound) - ctx.hold.amount
        if more > 0:
            if ctx.budget is not None:
                raise FundsSpent("The budget of the call token is used up. Ask for a new one.")
            await self._deps.leases.grow(ctx.hold, ctx.plan.wallet_id, more)
        self._bound = bound

    def _most(self, bound: Mapping[str, int | Decimal]) -> Decimal:
        ctx = self._ctx
        assert ctx.plan is not None
        assert ctx.price is not None
        enrollment = ctx.plan.enrollment
        if enrollment is not None and enrollment.is_covered(time.time()):
            return _ZERO
        try:
            return rounded(ctx.price.worst_case(bound, channel=ctx.plan.channel.name))
        except PricingError as error:
            raise FundsSpent(f"The price cannot be computed for more than this: {error}. Ask the seller.") from error
