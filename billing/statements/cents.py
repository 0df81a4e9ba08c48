"""How exact amounts become cents that add up: the books keep twelve places, invoices have two."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from common.amounts import minor_places


def cent(currency: str) -> Decimal:
    """Return the smallest coin: 0.01, and 1 where a currency has no smaller one."""
    return Decimal(1).scaleb(-minor_places(currency))


def in_cents(amount: Decimal, currency: str) -> Decimal:
    """Return an amount in whole cents, half to even."""
    return amount.quantize(cent(currency), rounding=ROUND_HALF_EVEN)


def apportioned(amounts: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Return each amount in whole cents, so that they sum up to the total in cents.

    Each is cut down to its cents; the cents that are then missing go to the largest rests, of equal ones to the first.
    So none is more than a cent away. 0.004, 0.004 and 0.004 (0.012 together) are 0.01, 0.00 and 0.00.
    Source: docs/algorithms/statements.md, "Cents".
    """
    one = cent(currency)
    floors = [amount.quantize(one, rounding=ROUND_FLOOR) for amount in amounts]
    total = in_cents(sum(amounts, start=Decimal(0)), currency)
    missing = int((total - sum(floors, start=Decimal(0))) / one)
    by_rest = sorted(range(len(amounts)), key=lambda index: floors[index] - amounts[index])
    for index in by_rest[:missing]:
        floors[index] += one
    return floors
