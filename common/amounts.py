"""How amounts of money are written for people: exact where it matters, never in scientific notation."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

#: Currencies whose smallest coin is not a hundredth.
_PLACES = {"JPY": 0, "KRW": 0}
_CENT = Decimal("0.01")


def minor_places(currency: str) -> int:
    """Return how many decimal places the smallest coin of a currency has."""
    return _PLACES.get(currency, 2)


def written(amount: Decimal, currency: str = "USD") -> str:
    """Return an amount for reading: two places from 1 on, up to four below, four significant digits under a cent.

    It is never rounded to zero. 1234.5 -> "1,234.50"; 0.0125 -> "0.0125"; 0.0000012345 -> "0.000001234" (half even).
    """
    least = minor_places(currency)
    size = abs(amount)
    if size >= 1 or size == 0:
        places = least
    elif size >= _CENT:
        places = 4
    else:
        places = 3 - size.adjusted()
    return _digits(amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN), least)


def written_exactly(amount: Decimal, currency: str = "USD") -> str:
    """Return an amount with every digit, and at least the places of its currency. 3 -> "3.00"; 0.075 -> "0.075"."""
    return _digits(amount, minor_places(currency))


def _digits(amount: Decimal, least: int) -> str:
    """Return plain notation with thousands separators, trailing zeros cut down to `least` places."""
    whole, _, fraction = f"{abs(amount):,f}".partition(".")
    fraction = fraction.rstrip("0").ljust(least, "0")
    sign = "−" if amount < 0 else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"
