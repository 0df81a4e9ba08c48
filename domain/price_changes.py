"""Whether a new price can cost a customer more than the old one. Only what surely cannot is a cut.

Two prices are compared part by part. They must be of the same build: the same types, metrics, tiers, channels. Then the
change is a cut when no rate is higher than before. What is built differently is not compared: it counts as a rise, and
so does a mixture of lower and higher rates. A new price of nothing is always a cut.
Source: docs/algorithms/subscriptions.md, "Price changes".
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from domain import pricing

Document = Mapping[str, Any]

#: What says something about a price and costs nobody anything.
_WORDS = frozenset({"description", "reference"})
#: Where in a part rates stand. `price` of a composite part is for the catalogue alone.
_RATES = frozenset({"price", "input", "output", "cached_input", "unit_price", "factor"})
_COMPOSITE = frozenset({"add", "multiply", "max", "min", "first", "tiered", "graduated", "channel"})
_ZERO = Decimal(0)


class Direction(StrEnum):
    SAME = "same"
    CUT = "cut"
    RISE = "rise"


class _NotComparable(Exception):
    """The prices are not built alike."""


def compare(old: Document, new: Document) -> Direction:
    """Return what becoming `new` means for somebody who pays `old`. Both are stored, valid list prices."""
    old, new = _plain(old), _plain(new)
    if old == new:
        return Direction.SAME
    try:
        pairs = list(_rates(old, new))
    except _NotComparable:
        return Direction.CUT if _is_free(new) else Direction.RISE
    if any(before < _ZERO or after < _ZERO for before, after in pairs):
        return Direction.RISE
    if all(after == before for before, after in pairs):
        return Direction.SAME
    return Direction.CUT if all(after <= before for before, after in pairs) else Direction.RISE


def _plain(price: Any) -> Any:
    """Return a price without words and nominal figures, its decimals as numbers, in the flat form."""
    if not isinstance(price, Mapping):
        return price
    flat, _, _ = pricing.normalise(dict(price))
    return _without_words(flat)


def _without_words(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_words(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    kept = {key: each for key, each in value.items() if key not in _WORDS and each is not None}
    is_separate = "input" in kept
    if kept.get("type") in _COMPOSITE or is_separate:
        kept.pop("price", None) if not isinstance(kept.get("price"), Mapping) else None
    if is_separate:
        # without a rate of their own, cached tokens cost what input costs
        kept["cached_input"] = kept.get("cached_input") or kept["input"]
    return {key: Decimal(str(each)) if _is_rate(key, each) else _without_words(each) for key, each in kept.items()}


def _is_rate(key: str, value: object) -> bool:
    return key in _RATES and isinstance(value, str | int | float) and not isinstance(value, bool)


def _rates(old: Any, new: Any) -> list[tuple[Decimal, Decimal]]:
    """Return the rates of two prices in pairs. Raises: _NotComparable."""
    if isinstance(old, Decimal) and isinstance(new, Decimal):
        return [(old, new)]
    if isinstance(old, Mapping) and isinstance(new, Mapping) and old.keys() == new.keys():
        return [pair for key in old for pair in _rates(old[key], new[key])]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [pair for before, after in zip(old, new, strict=True) for pair in _rates(before, after)]
    if type(old) is type(new) and old == new:
        return []
    raise _NotComparable


def _is_free(price: Any) -> bool:
    """Return whether a price charges nothing at all: a simple one whose rates are 0."""
    if not isinstance(price, Mapping) or price.get("type") in _COMPOSITE:
        return False
    rates = [each for key, each in price.items() if key in _RATES]
    return bool(rates) and all(each == _ZERO for each in rates)
