"""How much may be paid at once."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from django.conf import settings

from billing.payments import minor_units
from billing.payments.processor import RequestRefused
from common.amounts import written
from common.errors import DomainError
from domain.money import Money


class TopUpAmountInvalid(DomainError):
    """An amount that is not charged at once."""

    code = "invalid_top_up_amount"
    sentence = (
        "{amount} {currency} cannot be charged. Give an amount from {least} to {most} {currency}, in whole cents."
    )


def minimum() -> Decimal:
    """Return the least that a card is charged."""
    return Decimal(settings.TOP_UP_MINIMUM)


def maximum() -> Decimal:
    """Return the most that a card is charged at once."""
    return Decimal(settings.TOP_UP_MAXIMUM)


def check(amount: Money) -> None:
    """Raise TopUpAmountInvalid for an amount outside of the limits or with parts of a coin."""
    if not minimum() <= amount.amount <= maximum() or amount.amount % coin(amount.currency):
        raise TopUpAmountInvalid(
            amount=written(amount.amount, amount.currency),
            currency=amount.currency,
            least=written(minimum(), amount.currency),
            most=written(maximum(), amount.currency),
        )


def coin(currency: str) -> Decimal:
    """Return the smallest amount that a card can pay in a currency."""
    return minor_units.step(currency).amount


def is_payable(currency: str) -> bool:
    """Return whether cards pay in a currency at all."""
    try:
        minor_units.step(currency)
    except RequestRefused:
        return False
    return True


def to_coins(amount: Decimal, currency: str) -> Decimal:
    """Round up to whole coins: a card is charged no less than is missing."""
    step = coin(currency)
    return (amount / step).to_integral_value(rounding=ROUND_CEILING) * step
