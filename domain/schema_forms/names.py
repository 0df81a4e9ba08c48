"""The names of controls: the path to a value, each key percent-encoded, so that no key can be taken for another.

`form/limits/daily` is the value, `form/limits/daily~blank` says something about it. `~` never stands in a path.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

#: The buttons that add an item to an array and take one away; their value is the name of the array, of the item.
ADD, REMOVE = "~add", "~remove"


def below(name: str, key: str | int) -> str:
    """Return the name of the control for `key` in what `name` stands for."""
    return f"{name}/{quote(str(key), safe='', errors='surrogatepass').replace('~', '%7E')}"


def at(root: str, path: Iterable[str | int]) -> str:
    """Return the name of the control at `path` below the form's root."""
    for key in path:
        root = below(root, key)
    return root


def as_json(name: str) -> str:
    """Return the name of the field that carries the value as JSON text."""
    return f"{name}~json"


def blank(name: str) -> str:
    """Return the name of the mark that says what an empty text stands for: nothing, "empty" or "null"."""
    return f"{name}~blank"


def state(name: str) -> str:
    """Return the name of the mark that a checkbox, object or array leaves: "absent" or "present"."""
    return f"{name}~state"


def count(name: str) -> str:
    """Return the name of the mark that says how many items an array shows."""
    return f"{name}~count"


def others(name: str) -> str:
    """Return the name for the properties of an object that its schema does not name."""
    return f"{name}~others"
