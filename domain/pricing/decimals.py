"""Decimals of prices: the strict way in, the plain way out, and the one context that computes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    getcontext,
    setcontext,
)

from domain.pricing.errors import quoted

#: Every computation has 28 significant digits, the same as the sellers' own tools, whatever the thread's context says.
ARITHMETIC = Context(prec=28, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])

#: For moving a decimal point and other exact preparation of a price (at most 30 digits as written).
EXACT = Context(prec=64, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])

MAX_INTEGER_DIGITS = 12
MAX_FRACTION_DIGITS = 18

#: Digits before or after the point that a number outside a price may have; floats need 324.
_LONGEST = 400

ZERO = Decimal(0)

_DECIMAL = re.compile(r"[+-]?([0-9]*)(?:\.([0-9]*))?")


class InvalidDecimal(ValueError):
    """Text that is not a decimal we accept; the sentence says how to write it."""


def parse_decimal(text: str) -> Decimal:
    """Read a decimal: an optional sign, up to 12 digits, a point, up to 18 digits. Nothing else, no blanks.

    Raises: InvalidDecimal.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None or not (match[1] or match[2]):
        raise InvalidDecimal(f'{quoted(text)} is not a decimal number; write digits and a point, like "0.50"')
    if len(match[1]) > MAX_INTEGER_DIGITS:
        raise InvalidDecimal(f"{quoted(text)} has more than {MAX_INTEGER_DIGITS} digits before the point")
    if len(match[2] or "") > MAX_FRACTION_DIGITS:
        raise InvalidDecimal(f"{quoted(text)} has more than {MAX_FRACTION_DIGITS} digits after the point")
    return Decimal(text)


def is_printable(value: Decimal) -> bool:
    """Whether a decimal from outside is finite and short in plain digits; every finite float is."""
    return value.is_finite() and abs(value.adjusted()) <= _LONGEST and len(value.as_tuple().digits) <= _LONGEST


def number_text(number: int | float | Decimal) -> str:
    """Return the shortest decimal text of a JSON or TOML number, without an exponent: 1e-07 gives "0.0000001"."""
    return format(Decimal(repr(number) if isinstance(number, float) else number), "f")


def written(value: Decimal) -> str:
    """Return a decimal in plain digits as its author wrote it, trailing zeros included."""
    return format(value, "f")


def plain(value: Decimal) -> str:
    """Return a computed decimal in plain digits, without an exponent, trailing zeros or a minus before zero."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


@contextmanager
def arithmetic() -> Iterator[None]:
    """Compute in `ARITHMETIC`; the caller's context comes back afterwards."""
    outer = getcontext()
    setcontext(ARITHMETIC)
    try:
        yield
    finally:
        setcontext(outer)
