"""What a call token may spend: counted over all processes, for as long as the token lives.

A call takes its worst case out of the budget, and gives back what it did not cost when its hold ends. Amounts are
counted in millionths.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from domain.call_tokens import CallToken
from gateway.stores.counters import Counters, CountersUnavailable, Demand, clock_ms

_PARTS = 1_000_000


class BudgetSpent(Exception):
    """The token's calls may not cost more. left: in the wallet's currency."""

    def __init__(self, left: Decimal) -> None:
        self.left = left
        super().__init__("The token's budget is spent.")


class BudgetUnknown(Exception):
    """Nobody can count what the token has spent."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one call took of a budget. `settle` gives back what it did not cost."""

    demand: Demand
    book: Budgets

    def settle(self, charged: Decimal) -> None:
        """Note what the call has cost."""
        self.book.give_back(self.demand, charged)


class Budgets:
    """The budgets of call tokens."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._giving: set[asyncio.Task[None]] = set()

    async def take(self, token: CallToken, amount: Decimal) -> Taken:
        """Take `amount` out of what the token may still spend. Raises BudgetSpent, BudgetUnknown."""
        assert token.cap is not None
        until_ms = math.ceil(token.expires_at * 1000)  # the store takes whole milliseconds alone
        demand = Demand(
            token.team_id, f"budget:{token.reference}", "window", _parts(token.cap), _parts(amount), until_ms
        )
        try:
            verdict = await self._counters.take([demand], token=token.reference, now_ms=clock_ms())
        except CountersUnavailable as error:
            raise BudgetUnknown from error
        if verdict.refused is not None:
            raise BudgetSpent(Decimal(verdict.left[0]) / _PARTS)
        return Taken(demand, self)

    def give_back(self, demand: Demand, charged: Decimal) -> None:
        """Let the budget hold what a call has cost in place of what it took."""
        task = asyncio.create_task(self._settle(demand, _parts(charged) - demand.amount))
        self._giving.add(task)
        task.add_done_callback(self._giving.discard)

    async def _settle(self, demand: Demand, change: int) -> None:
        # without the store the budget keeps the worst case: the token can do less, never more
        with contextlib.suppress(CountersUnavailable):
            await self._counters.settle([(demand, change)], token="")


def _parts(amount: Decimal) -> int:
    return int((amount * _PARTS).to_integral_value(ROUND_CEILING))
