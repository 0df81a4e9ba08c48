"""The values that pass through a form, and how text becomes one."""

from __future__ import annotations

import json
import math
import re
from enum import Enum
from typing import Final, TypeAlias


class Missing(Enum):
    """The one value that says: nothing was given."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
#: A value that is being filled in: items that were added and not yet filled are MISSING.
Draft: TypeAlias = "bool | int | float | str | list[Draft] | dict[str, Draft] | Missing | None"

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,400}", re.ASCII)
#: What a browser keeps in a number field.
_HTML_NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


class Unreadable(ValueError):
    """Text that is no value of the wanted kind. `message` says what to write."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def number(text: str) -> int | float:
    """Return the number in `text`, an integer when it is written as one. Raises: Unreadable."""
    text = text.strip()
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(found := float(text)):
        return found
    raise Unreadable("Write a number, such as 10 or 0.5.")


def from_json(text: str) -> Draft:
    """Return the JSON value in `text`. Raises: Unreadable, also for NaN and infinity."""
    try:
        found: Draft = json.loads(text, parse_constant=_refuse_constant)
        to_json(found)  # a number such as 1e999 is read as infinity
    except (ValueError, RecursionError):
        raise Unreadable('Write JSON, such as {"name": "value"}, ["a", "b"] or "text".') from None
    return found


def to_json(value: Draft) -> str:
    """Return JSON text in ASCII. Items that were not filled in are null."""
    return json.dumps(filled(value), allow_nan=False)


def filled(value: Draft) -> Json:
    """Return the value with null for every item that was added and not filled in."""
    if isinstance(value, list):
        return [filled(item) for item in value]
    if isinstance(value, dict):
        return {key: filled(item) for key, item in value.items()}
    return None if isinstance(value, Missing) else value


def is_same(one: Draft, other: Draft) -> bool:
    """Return whether two values are equal as JSON: 1 equals 1.0, and true does not equal 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(item, other[key]) for key, item in one.items())
    return one == other


def fits_number_field(value: int | float) -> bool:
    """Return whether a browser's number field keeps the value as it is written."""
    try:
        return math.isfinite(float(value)) and _HTML_NUMBER.fullmatch(repr(value)) is not None
    except OverflowError:
        return False


def fits_text_area(value: str) -> bool:
    """Return whether a text area brings the text back: no NUL, no carriage return, no half of a surrogate pair."""
    return not any(character in "\0\r" or "\ud800" <= character <= "\udfff" for character in value)


def fits_text_field(value: str) -> bool:
    """Return whether a text field of one line brings the text back."""
    return "\n" not in value and fits_text_area(value)


def _refuse_constant(name: str) -> float:
    raise ValueError(name)
