"""Amounts in the smallest coin, as card processors count: 25.50 USD is 2550, 500 JPY is 500, 1.230 KWD is 1230.

Source: https://docs.stripe.com/currencies, "Zero-decimal currencies" and "Special cases".
"""

from __future__ import annotations

from decimal import Decimal

from billing.payments.processor import RequestRefused
from domain.money import Money

_ZERO_DECIMAL = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
_THREE_DECIMAL = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))

#: Amounts that cards can pay are multiples of this: the last of three places must be 0, and two currencies have
#: no coins any more although they are counted in hundredths.
_STEPS = {**dict.fromkeys(_THREE_DECIMAL, 10), "ISK": 100, "UGX": 100}


def places(currency: str) -> int:
    """Return how many decimal places the smallest coin has. Raises: RequestRefused, for what is no currency."""
    if not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        raise RequestRefused(f"{currency} is not a currency that cards pay in.", code="currency_unknown")
    return 0 if currency in _ZERO_DECIMAL else 3 if currency in _THREE_DECIMAL else 2


def step(currency: str) -> Money:
    """Return the smallest amount that amounts in this currency are multiples of: 0.01 USD, 1 JPY, 0.010 KWD."""
    return to_money(_STEPS.get(currency, 1), currency)


def to_minor(amount: Money) -> int:
    """Return an amount in the smallest coin, exactly. Raises: RequestRefused, for parts of a coin and below 0."""
    coins = amount.amount.scaleb(places(amount.currency))
    if coins != coins.to_integral_value() or int(coins) % _STEPS.get(amount.currency, 1):
        raise RequestRefused(f"{amount} is not a whole number of {step(amount.currency)}.", code="amount_not_payable")
    if coins <= 0:
        raise RequestRefused(f"{amount} is nothing to pay.", code="amount_not_payable")
    return int(coins)


def to_money(coins: int, currency: str) -> Money:
    """Return the amount that so many of the smallest coins are; a negative number is money that leaves."""
    code = currency.upper()
    return Money(Decimal(coins).scaleb(-places(code)), code)
