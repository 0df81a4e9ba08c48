"""What a price answers: traces, bounds, catalogue prices, and words for people."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from domain.pricing.decimals import plain


@dataclass(frozen=True, slots=True)
class Trace:
    """How a cost came about. formula: the arithmetic in plain digits; children: the parts that were evaluated."""

    type: str
    formula: str
    cost: Decimal
    children: tuple[Trace, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return it as it is stored with a charge: {"type", "formula", "cost"} and "children" when there are any."""
        document: dict[str, object] = {"type": self.type, "formula": self.formula, "cost": plain(self.cost)}
        if self.children:
            document["children"] = [child.to_json() for child in self.children]
        return document


class Span(NamedTuple):
    """The costs possible within bounds, infinite where nothing limits them.

    sure: it has a cost for every usage within the bounds, also for an empty one.
    """

    low: Decimal
    high: Decimal
    sure: bool


#: What is known of a division by something that may come close to 0.
UNLIMITED = Span(Decimal("-Infinity"), Decimal("Infinity"), sure=False)


@dataclass(frozen=True, slots=True)
class Nominal:
    """The catalogue's figure of a price, never billed.

    shown: text as the specification rounds it; amount: unrounded, to sort by;
    description: the price range of channels, when the seller described nothing.
    """

    shown: str
    amount: Decimal
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Effective:
    """What one unit of use realistically costs, to compare services; never billed.

    unit: one_million_tokens, request, one_hour, one_gigabyte, one_million_characters, image or step.
    source: "upstream" when a price of 0 says in its description what the provider charges.
    """

    amount: Decimal
    unit: str
    source: Literal["rate", "upstream"] = "rate"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a price table, e.g. ("Input tokens", "3.00 USD", "per 1 million tokens")."""

    label: str
    amount: str
    unit: str

    def under(self, heading: str) -> Row:
        """Return the row with a heading before its label: "byok · Requests"."""
        return Row(f"{heading} · {self.label}" if self.label else heading, self.amount, self.unit)


@dataclass(frozen=True, slots=True)
class Voice:
    """How a price is spoken. constant_per: what a fixed amount is paid for, "request" or "billing period"."""

    currency: str
    constant_per: str = "request"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A price in human words. typical: what an ordinary call costs; None when that cannot be said."""

    sentence: str
    rows: tuple[Row, ...]
    typical: str | None
