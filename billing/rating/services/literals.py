"""Writes values as PostgreSQL reads them, in arrays and in COPY: several times faster than adapting one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson

NULL = "\\N"


def array(values: Iterable[object]) -> str:
    """Return an array literal of ids, numbers and dates, which need no quotes. None is NULL."""
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


def json_array(values: Iterable[Mapping[str, object]]) -> str:
    """Return an array literal of JSON documents. Decimals in them are texts."""
    return "{" + ",".join(_quoted(_json(value)) for value in values) + "}"


def text_array(values: Iterable[str]) -> str:
    """Return an array literal of texts from outside."""
    return "{" + ",".join(map(_quoted, values)) + "}"


def copy_text(value: str) -> str:
    """Escape what COPY would read as a column, a row or an escape."""
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def copy_json(value: object) -> str:
    """Return JSON with the backslashes that COPY takes away doubled. Decimals in it are texts."""
    text = _json(value)
    return text.replace("\\", "\\\\") if "\\" in text else text


def _json(value: object) -> str:
    return orjson.dumps(value, default=str).decode()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
