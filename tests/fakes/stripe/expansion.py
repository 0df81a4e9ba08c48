"""`expand[]`: ids replaced by the objects that they name, at most four deep."""

from __future__ import annotations

import copy
from typing import Any

from tests.fakes.stripe.errors import malformed
from tests.fakes.stripe.tables import Tables

_DEEPEST = 4


def expanded(tables: Tables, answer: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    """Return a copy of the answer with these paths expanded."""
    answer = copy.deepcopy(answer)
    for path in paths:
        steps = path.split(".")
        if len(steps) > _DEEPEST:
            raise malformed("You cannot expand more than 4 levels of a property.", param="expand")
        _expand(tables, answer, steps, path)
    return answer


def _expand(tables: Tables, value: Any, steps: list[str], path: str) -> None:
    if isinstance(value, list):
        for row in value:
            _expand(tables, row, steps, path)
        return
    name, *rest = steps
    if not isinstance(value, dict) or name not in value:
        raise malformed(f"This property cannot be expanded ({path}).", param="expand")
    if isinstance(value[name], str):
        value[name] = _named(tables, value[name], path)
    elif not isinstance(value[name], dict | list | None):
        raise malformed(f"This property cannot be expanded ({path}).", param="expand")
    if rest and value[name] is not None:
        _expand(tables, value[name], rest, path)


def _named(tables: Tables, id: str, path: str) -> dict[str, Any]:
    row = tables.find(id)
    if row is None:
        raise malformed(f"This property cannot be expanded ({path}).", param="expand")
    return copy.deepcopy(row)
