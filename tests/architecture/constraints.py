"""docs/constraints.md, made from the table itself: `python -m tests.architecture.constraints` writes it anew."""

from __future__ import annotations

from domain.limits.constraints import FIELDS
from tests.architecture import house

PAGE = house.ROOT / "docs" / "constraints.md"
_HEAD = """\
# Constraints of a service

A channel may have `constraints`. What the gateway can keep, it keeps; the rest is told to people. This page is made
from the table that the gateway works with (`make docs`), and the suite fails when it is out of date.

| field | is | what it means |
| --- | --- | --- |
"""


def page() -> str:
    """Return the page."""
    rows = [f"| `{name}` | {treatment} | {meaning} |\n" for name, (treatment, meaning) in FIELDS.items()]
    return "".join([_HEAD, *rows])


if __name__ == "__main__":
    PAGE.write_text(page())
