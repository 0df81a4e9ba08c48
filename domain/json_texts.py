"""JSON that services and people wrote: what can be read of it, and also shown, stored and sent again."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

#: No deeper, so that whatever walks through a value has room for it.
_DEEPEST = 200
#: A NUL character as JSON writes it, and what stands before; behind an escaped backslash the same letters are a text.
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def read(text: str | bytes) -> Any:
    """Return what a text says.

    Raises ValueError for what is no JSON, and for what could not be written again: numbers without end, halves of
    surrogate pairs, values that are nested too deeply.
    """
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError as error:
        raise ValueError("The values are nested too deeply.") from error
    if is_too_deep(found):
        raise ValueError("The values are nested too deeply.")
    return found


def write(value: Any) -> bytes:
    """Return what was read, or made of it, as a text: also integers above 64 bits and halves of surrogate pairs, which
    arguments of tools may hold.

    Raises ValueError for values that are nested too deeply: more can be read than written.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        if is_too_deep(value):
            raise ValueError("The values are nested too deeply.") from None
        return json.dumps(value).encode()


def without_nul(text: str) -> str:
    """Return JSON that PostgreSQL can hold: with a replacement character for each NUL."""
    return _NUL.sub(r"\1\\ufffd", text)


def is_too_deep(value: Any) -> bool:
    """Return whether values are nested more than 200 deep. Any depth can be asked about."""
    level = [value]
    for _ in range(_DEEPEST + 1):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return False
    return True


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
