"""Amounts of money. Exact decimals; one function rounds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

#: Smallest amount a column holds, NUMERIC(30,12).
QUANTUM = Decimal("0.000000000001")
#: Holds an amount of any size with its twelve places; 28 digits are too few from 10^16 on.
_WIDE = Context(prec=64, rounding=ROUND_HALF_EVEN)


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency. amount: finite; currency: three to seven capital letters."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not self.amount.is_finite():
            raise ValueError(f"{self.amount} is not an amount of money")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not add up")
        return other.amount

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


def rounded(amount: Decimal) -> Decimal:
    """Round once, half to even, to the twelve places that the books keep."""
    return amount.quantize(QUANTUM, context=_WIDE)
