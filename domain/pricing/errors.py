"""What can be wrong: with a price when it is uploaded, with a usage when it is billed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend in a price. path: relative to the price, e.g. "prices[1].input"; empty for the price itself."""

    path: str
    message: str
    severity: Severity = "error"

    def text(self, prefix: str) -> str:
        """Return the sentence a seller reads, e.g. "list_price.prices[1]: Invalid pricing type ...".

        prefix: the field that holds the price, e.g. "list_price".
        """
        return f"{prefix}.{self.path}: {self.message}" if self.path else f"{prefix}: {self.message}"

    @property
    def is_error(self) -> bool:
        return self.severity == "error"


class PricingError(Exception):
    """A usage cannot be priced; the sentence says what was missing. Lenient prices (max, min, first) skip it."""


class InvalidPrice(PricingError):
    """The price itself is broken. problems: every error found in it."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(problem.text("price") for problem in problems))


def quoted(value: object, *, longest: int = 40) -> str:
    """Return a value from outside in quotes, printable and short enough for a sentence."""
    if isinstance(value, int) and abs(value) >= 10**longest:
        return "'a number of more than 40 digits'"
    text = value if isinstance(value, str) else str(value)
    shown = text if len(text) <= longest else text[: longest - 1] + "…"
    return "'" + "".join(c if c.isprintable() else "?" for c in shown) + "'"


def kind_of(value: object) -> str:
    """Return what a value from outside is, for a sentence: "null", "a list", "the text 'x'"."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    return f"the number {quoted(value)}" if isinstance(value, int | float | Decimal) else type(value).__name__
