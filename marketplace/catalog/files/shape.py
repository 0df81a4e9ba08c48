"""The outer bounds of what a seller sends: plain JSON, not too deep, not too large, storable."""

from __future__ import annotations

import math

from marketplace.catalog.files.problems import Findings, JsonObject, Path, shown

MAX_DEPTH = 40
MAX_NODES = 50_000
MAX_CHARACTERS = 8_388_608


def check_shape(value: object, found: Findings) -> JsonObject | None:
    """Return the object when it is one that can be walked through and stored; note what forbids it."""
    if not isinstance(value, dict):
        found.error(f"must be an object (got {shown(value)})", type="type_error")
        return None
    before = len(found.problems)
    _walk(value, found)
    return value if len(found.problems) == before else None


def _walk(root: JsonObject, found: Findings) -> None:
    waiting: list[tuple[Path, object]] = [((), root)]
    nodes = characters = 0
    while waiting:
        path, value = waiting.pop()
        nodes += 1
        if len(path) > MAX_DEPTH:
            found.at(*path[:3]).error(f"nested deeper than {MAX_DEPTH} levels", type="too_deep")
            return
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, str):
                    found.at(*path).error(f"every key must be text (got {shown(key)})", type="type_error")
                    return
                characters += len(key)
                _check_text(key, found.at(*path))
            waiting += [((*path, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [((*path, index), item) for index, item in enumerate(value)]
        elif isinstance(value, str):
            characters += len(value)
            _check_text(value, found.at(*path))
        elif isinstance(value, float) and not math.isfinite(value):
            found.at(*path).error("NaN and Infinity are no values", type="type_error")
        elif value is not None and not isinstance(value, bool | int | float):
            found.at(*path).error(f"not a JSON value (got {type(value).__name__})", type="type_error")
        if nodes > MAX_NODES or characters > MAX_CHARACTERS:
            found.error(f"more than {MAX_NODES} values or {MAX_CHARACTERS // 1_048_576} MiB of text", type="too_long")
            return


def _check_text(text: str, found: Findings) -> None:
    if "\x00" in text:
        found.error("holds a NUL character", "Remove it", type="text")
    elif not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            found.error("holds half of a surrogate pair", "Write the whole character", type="text")
