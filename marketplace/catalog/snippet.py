"""A piece of code to copy."""

from __future__ import annotations

from dataclasses import dataclass

#: Stands where the customer's key goes. A real one is never printed into a page.
PLACEHOLDER_KEY = "svcpass_YOUR_KEY"


@dataclass(frozen=True, slots=True)
class Snippet:
    """A call in one language. key: its word in addresses; language: for colours."""

    key: str
    label: str
    language: str
    code: str
