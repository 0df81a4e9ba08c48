"""Token prices in whole numbers: the same costs as decimals give, to the last digit, for the prices of most calls.

A rate is a number of units, 10^18 of them to one of the currency. What is not exact in them, or larger than the books
are asked for, is left to the decimals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.money import QUANTUM
from domain.pricing.decimals import EXACT
from domain.pricing.price import Price
from domain.pricing.tokens import TokenPrice

_PLACES = 18
#: Units in the smallest amount that the books hold.
_UNITS = 10**6
_HALF = _UNITS // 2
#: Below it decimals of 28 digits are exact too.
_LARGEST = 10**27


@dataclass(frozen=True, slots=True)
class TokenRates:
    """Units per token that is read, read from a cache, and written; none is negative."""

    input: int
    cached: int
    output: int

    def cost(self, usage: Mapping[str, int | Decimal]) -> Decimal | None:
        """Return what a usage costs, rounded as the books are; None when the decimals have to say."""
        tokens_in = usage.get("input_tokens")
        if tokens_in is None:
            return None
        units = self.input * tokens_in + self.output * usage.get("output_tokens", 0)
        if "cached_input_tokens" in usage:
            units += self.cached * usage["cached_input_tokens"]
        return _rounded(units)

    def most(self, tokens_in: int, tokens_out: int) -> Decimal | None:
        """Return the most that so many tokens can cost, however they are told; None when the decimals have to say.

        An upstream may tell all of them as one number, and that is charged as input.
        """
        dearer = self.output if self.output > self.input else self.input
        return _rounded(self.input * tokens_in + dearer * tokens_out)


def token_rates(price: Price) -> TokenRates | None:
    """Return a token price in whole units, or None for any other price and for rates that are not exact in them."""
    if not isinstance(price, TokenPrice) or not price.is_rising:
        return None
    rates = [rate.scaleb(_PLACES, context=EXACT) for rate in (price.per_input, price.per_cached, price.per_output)]
    if any(rate != rate.to_integral_value(context=EXACT) for rate in rates):
        return None
    return TokenRates(*(int(rate) for rate in rates))


def _rounded(units: int | Decimal) -> Decimal | None:
    """Return an amount of money, half to even at the twelve places of the books."""
    if type(units) is not int or units >= _LARGEST:
        return None
    whole, rest = divmod(units, _UNITS)
    if rest and (rest > _HALF or (rest == _HALF and whole & 1)):
        whole += 1
    return whole * QUANTUM
