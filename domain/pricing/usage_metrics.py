"""What a usage can say: the metrics, the groups whose units convert into each other, and a wary way in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.pricing.decimals import InvalidDecimal, is_printable, number_text, parse_decimal
from domain.pricing.errors import PricingError, quoted

#: A measured amount; whole metrics are ints, the others ints or decimals. Never negative.
Quantity = int | Decimal
Amounts = Mapping[str, Quantity]


@dataclass(frozen=True, slots=True)
class Group:
    """Units of one dimension. factors: unit -> how many base units it is; examples: two for error sentences."""

    name: str
    factors: Mapping[str, int]
    examples: str


GROUPS = (
    Group(
        "token",
        {"one_token": 1, "one_thousand_tokens": 10**3, "one_million_tokens": 10**6},
        "one_token, one_thousand_tokens, …",
    ),
    Group(
        "time",
        {
            "seconds": 1,
            "duration_seconds": 1,
            "one_second": 1,
            "one_minute": 60,
            "one_hour": 3600,
            "one_day": 86_400,
            "one_month": 30 * 86_400,
        },
        "seconds, one_minute, …",
    ),
    Group(
        "data",
        {"one_byte": 1, "one_kilobyte": 1024, "one_megabyte": 1024**2, "one_gigabyte": 1024**3},
        "bytes_out, one_megabyte, …",
    ),
    Group(
        "count",
        {"count": 1, "images_generated": 1, "one_thousand": 10**3, "one_million": 10**6},
        "count, images_generated, …",
    ),
    Group(
        "character",
        {
            "characters": 1,
            "one_character": 1,
            "one_thousand_characters": 10**3,
            "one_million_characters": 10**6,
        },
        "characters, one_thousand_characters, …",
    ),
)

GROUP_OF = {unit: group for group in GROUPS for unit in group.factors}

#: Token counters as upstreams report them; cached tokens are in addition to input tokens.
TOKEN_COUNTERS = ("input_tokens", "output_tokens", "cached_input_tokens", "total_tokens")
#: Two directions that are never summed by accident, so they stay outside the data group.
BYTE_COUNTERS = ("bytes_in", "bytes_out")

#: Metrics that only come as whole numbers.
WHOLE = frozenset(
    {*TOKEN_COUNTERS, *BYTE_COUNTERS, "one_token", "count", "images_generated", "characters", "one_character"}
)
METRICS = frozenset({*TOKEN_COUNTERS, *BYTE_COUNTERS, *GROUP_OF})

#: More than this in one usage is a broken or hostile report, not a bill.
MAX_QUANTITY = 10**18

#: unit -> (other unit, its factor, the factor of the unit), in the order in which other units are tried
_CONVERSIONS = {
    unit: tuple(
        (other, Decimal(f), Decimal(group.factors[unit])) for other, f in group.factors.items() if other != unit
    )
    for unit, group in GROUP_OF.items()
}


def read_usage(usage: Mapping[str, object]) -> dict[str, Quantity]:
    """Return the known metrics of a usage that are present. Unknown keys and nulls are left out.

    Raises: PricingError for a negative, infinite, oversized or otherwise senseless quantity in a known metric.
    """
    amounts: dict[str, Quantity] = {}
    for name, value in usage.items():
        if name not in METRICS or value is None:
            continue
        if type(value) is int and 0 <= value <= MAX_QUANTITY:
            amounts[name] = value
        else:
            amounts[name] = _read_quantity(name, value)
    return amounts


def resolve(unit: str, amounts: Amounts) -> Quantity | None:
    """Return how many of `unit` were used, converted within its group; None when nothing of the group is present."""
    direct = amounts.get(unit)
    if direct is not None:
        return direct
    for other, factor, target in _CONVERSIONS[unit]:
        found = amounts.get(other)
        if found is not None:
            return found * factor / target
    return None


def most(unit: str, bounds: Amounts) -> Quantity | None:
    """Return the largest number of `unit` that a usage within `bounds` can hold, whichever unit it comes in."""
    largest = bounds.get(unit)
    for other, factor, target in _CONVERSIONS[unit]:
        found = bounds.get(other)
        if found is not None:
            converted = found * factor / target
            largest = converted if largest is None else max(largest, converted)
    return largest


def usage_had(amounts: Amounts) -> str:
    """Return the closing words of an error sentence: what the usage did have."""
    return f"usage had: {', '.join(amounts) or 'nothing'}"


def _read_quantity(name: str, value: object) -> Quantity:
    quantity = _as_decimal(name, value)
    if not 0 <= quantity <= MAX_QUANTITY:
        raise PricingError(f"usage '{name}' must be between 0 and 10^18, got {quoted(value)}")
    if name not in WHOLE:
        return quantity
    whole = int(quantity)
    if whole != quantity:
        raise PricingError(f"usage '{name}' must be a whole number, got {quoted(value)}")
    return whole


def _as_decimal(name: str, value: object) -> Decimal:
    """Read a number by its shortest text. bool is no number; text is read as strictly as in a price."""
    if isinstance(value, str):
        try:
            return parse_decimal(value)
        except InvalidDecimal:
            pass
    elif isinstance(value, bool):
        pass
    elif isinstance(value, int):
        return Decimal(value)
    elif isinstance(value, float) and math.isfinite(value):
        return Decimal(number_text(value))
    elif isinstance(value, Decimal) and is_printable(value):
        return value
    raise PricingError(f"usage '{name}' must be a number, got {quoted(value)}")
