"""One JSON or TOML file as plain JSON values, or the place where it cannot be read."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from marketplace.catalog.files.problems import JsonObject

MAX_FILE_BYTES = 4_194_304
_AT = re.compile(r"\s*\(at line (\d+), column (\d+)\)\Z")
_AT_END = re.compile(r"\s*\(at end of document\)\Z")


class Unreadable(ValueError):
    """The file is not what its name says. `message` names line and column where they are known."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def read_data_file(path: Path) -> JsonObject:
    """Return the object in a `.json` or `.toml` file, with times as ISO 8601 text. Raises: Unreadable."""
    text = _text(path)
    content = _toml(text) if path.suffix == ".toml" else _json(text)
    if not isinstance(content, dict):
        raise Unreadable("must hold one object")
    return content


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise Unreadable(f"larger than {MAX_FILE_BYTES // 1_048_576} MiB")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or 'unknown reason'}") from None
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 text (byte {error.start + 1})") from None


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_without_repetition, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise Unreadable(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise Unreadable("nested too deep") from None
    except Unreadable:
        raise
    except ValueError:
        raise Unreadable("a number has too many digits") from None


def _without_repetition(pairs: list[tuple[str, Any]]) -> JsonObject:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"the key '{twice[:100]}' is there twice in one object")
    return content


def _no_constant(name: str) -> Any:
    raise Unreadable(f"{name} is no JSON value")


def _toml(text: str) -> Any:
    try:
        return _plain(tomllib.loads(text.replace("\r\n", "\n")))
    except tomllib.TOMLDecodeError as error:
        raise Unreadable(_toml_message(str(error), text)) from None
    except RecursionError:
        raise Unreadable("nested too deep") from None
    except ValueError:
        raise Unreadable("a number has too many digits") from None


def _toml_message(message: str, text: str) -> str:
    if at := _AT.search(message):
        return f"line {at[1]}, column {at[2]}: {message[: at.start()]}"
    lines = text.splitlines() or [""]
    return f"line {len(lines)}, column {len(lines[-1]) + 1}: {_AT_END.sub('', message)}"


def _plain(value: Any) -> Any:
    """Return TOML values as JSON ones: times become text, in UTC with the letter Z."""
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date() | time():
            return value.isoformat()
    return value
