"""How the answer of one run differs from that of another."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass

from domain import json_texts
from gateway_admin.schedules.models import Run

_LINES = 400


@dataclass(frozen=True, slots=True)
class Line:
    """kind: "same", "gone", "new" or "gap"."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """lines: of the bodies, with three lines around each change; none when they are the same."""

    status: tuple[int | None, int | None]
    lines: tuple[Line, ...]
    is_cut: bool

    @property
    def is_none(self) -> bool:
        return not self.lines and self.status[0] == self.status[1]


def difference(before: Run, after: Run) -> Difference:
    """Return what changed from one answer to the other. JSON is compared member by member, whatever its spacing."""
    old, new = pretty(before.text).splitlines(), pretty(after.text).splitlines()
    lines = [_line(text) for text in difflib.unified_diff(old, new, lineterm="", n=3)][2:]
    return Difference((before.status, after.status), tuple(lines[:_LINES]), len(lines) > _LINES)


def pretty(text: str) -> str:
    """Return JSON with its members in order, a line each; anything else as it is."""
    try:
        read = json_texts.read(text)
    except ValueError:
        return text
    return json.dumps(read, indent=2, sort_keys=True, ensure_ascii=False)


def _line(text: str) -> Line:
    if text.startswith("@@"):
        return Line("gap", "…")
    return Line({"+": "new", "-": "gone"}.get(text[:1], "same"), text[1:])
