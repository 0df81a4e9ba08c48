"""Headers and bodies of chain steps that read the call and the answers of earlier steps.

`{{ steps.draft.body.choices.0.message.content }}`: dotted names and numbers, looked up in plain JSON and nowhere else;
no calls, no filters, no attributes. A text that is one placeholder takes the value with its type; within a longer text
the value is written as text. The roots are `request` (method, query, body), `steps.<name>` (status, body) and
`previous`, the step before this one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]+)*)\s*\}\}")
ROOTS = ("request", "steps", "previous")
_MAX_PARTS = 20


class BadTemplate(ValueError):
    """The template cannot be used at all."""


class MissingValue(LookupError):
    """What a template names is not there. `name` is the dotted name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is not there.")


def check(template: Any, roots: Sequence[str] = ROOTS) -> None:
    """Raise BadTemplate when a text has braces that are no placeholder, or names an unknown root."""
    if isinstance(template, dict):
        for value in template.values():
            check(value, roots)
    elif isinstance(template, list):
        for value in template:
            check(value, roots)
    elif isinstance(template, str):
        for name in _PLACEHOLDER.findall(template):
            if name.partition(".")[0] not in roots:
                known = f"{', '.join(roots[:-1])} and {roots[-1]}"
                raise BadTemplate(f"{{{{ {name} }}}} begins with none of {known}.")
        if "{{" in _PLACEHOLDER.sub("", template):
            raise BadTemplate(
                f"{template[:80]!r} has braces that are no dotted name, such as {{{{ previous.body.id }}}}."
            )


def render(template: Any, values: Mapping[str, Any]) -> Any:
    """Return the template with its placeholders filled in. Raises MissingValue."""
    if isinstance(template, str):
        return _text(template, values)
    if isinstance(template, dict):
        return {name: render(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [render(value, values) for value in template]
    return template


def _text(template: str, values: Mapping[str, Any]) -> Any:
    if "{{" not in template:
        return template
    whole = _PLACEHOLDER.fullmatch(template.strip())
    if whole is not None:
        return _look_up(whole[1], values)
    return _PLACEHOLDER.sub(lambda found: _written(_look_up(found[1], values)), template)


def _look_up(name: str, values: Mapping[str, Any]) -> Any:
    value: Any = values
    parts = name.split(".")
    if len(parts) > _MAX_PARTS:
        raise MissingValue(name)
    for part in parts:
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and len(part) < 8 and int(part) < len(value):
            value = value[int(part)]
        else:
            raise MissingValue(name)
    return value


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
