"""One spelling for every price: older shapes lifted, numbers turned into text, all else kept as written."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeGuard

from domain.pricing.decimals import InvalidDecimal, is_printable, number_text, parse_decimal, plain
from domain.pricing.errors import Problem, kind_of, quoted

Document = dict[str, object]

_DECIMALS = frozenset({"price", "input", "output", "cached_input", "factor", "percentage", "unit_price", "amount"})
_WRAPPER = frozenset({"currency", "price_data", "description", "reference"})
_CURRENCY = re.compile(r"[A-Z]{3,7}")
#: Deeper than any valid price; what lies below is left for the reader to refuse.
_MAX_LEVELS = 40


def normalise(price: Mapping[str, object]) -> tuple[Document, str | None, list[Problem]]:
    """Return the flat price, the currency found inside it, and what was mended or is wrong.

    Lifts {currency, price_data}, renames `amount` of a constant to `price`, reads `percentage_off` as a factor, and
    writes JSON numbers as their shortest decimal text. Strings stay as written. The input is not changed.
    """
    if not isinstance(price, Mapping):
        return {}, None, [Problem("", f"must be an object with a 'type', got {kind_of(price)}")]
    problems: list[Problem] = []
    lifted = _lift(price, problems)
    currency = _take_currency(lifted, problems)
    if "currency" in price and "price_data" not in price:
        problems.append(Problem("currency", "belongs beside the price, not into it", "warning"))
    if "type" not in lifted and "percentage_off" in lifted:
        lifted = _percentage_off(lifted, problems)
    walked = _walk(lifted, "", 0, problems)
    return (walked if isinstance(walked, dict) else {}), currency, problems


def _lift(price: Mapping[str, object], problems: list[Problem]) -> Document:
    inner = price.get("price_data")
    if "price_data" not in price or "type" in price:
        return dict(price)
    if not isinstance(inner, Mapping):
        problems.append(Problem("price_data", f"must be a price object, got {kind_of(inner)}"))
        return {}
    for key in price:
        if key not in _WRAPPER:
            problems.append(Problem("", f"unknown field {quoted(key)} beside 'price_data'"))
    lifted: Document = dict(inner)
    for key in ("description", "reference", "currency"):
        if price.get(key) is not None and lifted.get(key) is None:
            lifted[key] = price[key]
    return lifted


def _take_currency(lifted: Document, problems: list[Problem]) -> str | None:
    """Remove and return the currency of an older document; it belongs to the offering or the listing."""
    currency = lifted.pop("currency", None)
    if currency is None:
        return None
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        problems.append(Problem("currency", f"must be a code like USD, got {quoted(currency)}"))
        return None
    return currency


def _percentage_off(lifted: Document, problems: list[Problem]) -> Document:
    """Turn the older {"percentage_off": "20"} into a factor of 0.80."""
    rest = {key: value for key, value in lifted.items() if key != "percentage_off"}
    off = lifted["percentage_off"]
    try:
        factor = 1 - parse_decimal(number_text(off) if _is_number(off) else str(off)) / 100
    except InvalidDecimal as error:
        problems.append(Problem("percentage_off", str(error)))
        return lifted
    factor_text = plain(factor)
    message = f'is an older spelling; write {{"type": "multiply", "factor": "{factor_text}"}}'
    problems.append(Problem("percentage_off", message, "warning"))
    return {"type": "multiply", "factor": factor_text, **rest}


def _walk(value: object, path: str, level: int, problems: list[Problem]) -> object:
    if level > _MAX_LEVELS:
        return value
    if isinstance(value, Mapping):
        return _walk_object(value, path, level, problems)
    if isinstance(value, list | tuple):
        return [_walk(item, f"{path}[{i}]", level + 1, problems) for i, item in enumerate(value)]
    return value


def _walk_object(value: Mapping[str, object], path: str, level: int, problems: list[Problem]) -> Document:
    result: Document = {}
    for key, item in value.items():
        name = key
        below = f"{path}.{key}" if path else str(key)
        if key == "amount" and value.get("type") == "constant" and value.get("price") is None:
            problems.append(Problem(path, "'amount' is an older name; write 'price'", "warning"))
            name = "price"
        if key in _DECIMALS and _is_number(item):
            result[name] = text = number_text(item)
            problems.append(Problem(below, f'write decimals in quotes: "{text}" instead of {item}', "warning"))
        elif key == "up_to":
            result[name] = _as_limit(item, below, problems)
        else:
            result[name] = _walk(item, below, level + 1, problems)
    return result


def _is_number(value: object) -> TypeGuard[int | float | Decimal]:
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return abs(value) < 10**40
    if isinstance(value, Decimal):
        return is_printable(value)
    return isinstance(value, float) and math.isfinite(value)


def _as_limit(value: object, path: str, problems: list[Problem]) -> object:
    """Turn 1000.0 and "1000" into 1000; anything else is left for the reader."""
    is_whole_float = isinstance(value, float) and value.is_integer() and abs(value) <= 10**18
    is_digits = isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value) is not None
    if not (is_whole_float or is_digits):
        return value
    limit = int(value)  # type: ignore[call-overload]
    problems.append(Problem(path, f"write a whole number: {limit} instead of {value!r}", "warning"))
    return limit
