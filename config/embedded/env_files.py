"""Files of NAME=value lines: `.env`, which people write, and those of the data folder, which hold secrets."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def read(path: Path) -> dict[str, str]:
    """Return the values of a file, {} when there is none. Blank lines and lines with # in front are passed over."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.split("=", 1) for line in map(str.strip, lines) if "=" in line and not line.startswith("#"))
    return {name.removeprefix("export ").strip(): _unquoted(value.strip()) for name, value in pairs}


def write(path: Path, values: Mapping[str, str], *, heading: str) -> None:
    """Write a file that only we may read; a reader never sees half of it."""
    text = f"# {heading}\n" + "".join(f"{name}={_quoted(value)}\n" for name, value in values.items())
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 600
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(temporary).replace(path)


def _quoted(value: str) -> str:
    """Return the value so that a shell that sources the file reads the same."""
    plain = all(character.isalnum() or character in "_-./:@+=," for character in value)
    return value if plain else "'" + value.replace("'", "'\\''") + "'"


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == "'":
        return value[1:-1].replace("'\\''", "'")
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return value[1:-1]
    return value
