"""The price language: what a price means, what a usage costs, how it reads in words.

Use it as `from domain import pricing`; prices and usages are the plain mappings of the documents.

    compile             a price ready to compute: CompiledPrice.cost, .worst_case, .trace, ... (errors: InvalidPrice)
    cost, trace         the unrounded cost of one usage; with the arithmetic behind it (errors: PricingError)
    worst_case          the most a usage within bounds can cost; what a call holds beforehand
    metrics             what a price needs to know; missing_metrics: what a usage lacked
    validate            every problem of an uploaded price, for one side: list, payout or promotion
    normalise           one spelling for the older shapes
    nominal, effective  figures for the catalogue: shown and sorted by; comparable per unit
    questions, bill     what one's own calls cost: which amounts are asked for, and the answer in words
    explain             sentence, table and typical cost for people
    parse_decimal       the strict grammar of decimals

Inside: `reading` checks documents and builds `price.Price` nodes; one file per kind or small family (tokens, units,
data_volume, constant, composite, extremes, tiered, graduated, channel, payout) and one line in `registry`;
`usage_metrics` and `expressions` read what was used; `answers` are the values given back.
Worked numbers: docs/algorithms/pricing.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from domain.pricing.answers import Effective, Explanation, Nominal, Row, Trace
from domain.pricing.calculating import Bill, Question, bill, channels, questions
from domain.pricing.compiled import CompiledPrice, compile, read_price
from domain.pricing.decimals import InvalidDecimal, arithmetic, parse_decimal
from domain.pricing.errors import InvalidPrice, PricingError, Problem
from domain.pricing.explaining import explain
from domain.pricing.normalising import normalise
from domain.pricing.reading import Side
from domain.pricing.registry import KINDS

__all__ = [
    "TYPES",
    "Bill",
    "CompiledPrice",
    "Effective",
    "Explanation",
    "InvalidDecimal",
    "InvalidPrice",
    "Nominal",
    "PricingError",
    "Problem",
    "Question",
    "Row",
    "Side",
    "Trace",
    "bill",
    "channels",
    "compile",
    "cost",
    "effective",
    "explain",
    "metrics",
    "missing_metrics",
    "nominal",
    "normalise",
    "parse_decimal",
    "questions",
    "trace",
    "validate",
    "worst_case",
]

#: Every value of `type`.
TYPES = tuple(KINDS)

Document = Mapping[str, object]


def cost(
    price: Document,
    usage: Document,
    *,
    request_count: int | None = None,
    customer_charge: Decimal | None = None,
    channel: str | None = None,
) -> Decimal:
    """Return the unrounded cost of a usage. For many usages of one price, `compile` it once."""
    return compile(price).cost(usage, request_count=request_count, customer_charge=customer_charge, channel=channel)


def trace(
    price: Document,
    usage: Document,
    *,
    request_count: int | None = None,
    customer_charge: Decimal | None = None,
    channel: str | None = None,
) -> Trace:
    """Return the cost with the formula that gave it."""
    return compile(price).trace(usage, request_count=request_count, customer_charge=customer_charge, channel=channel)


def worst_case(price: Document, *, max_usage: Document, channel: str | None = None) -> Decimal:
    """Return the most that a usage within `max_usage` (metric -> largest amount) can cost; at least 0."""
    return compile(price).worst_case(max_usage, channel=channel)


def metrics(price: Document) -> frozenset[str]:
    """Return every metric that can take part in the cost."""
    return compile(price).needs()


def missing_metrics(
    price: Document,
    usage: Document,
    *,
    request_count: int | None = None,
    customer_charge: Decimal | None = None,
    channel: str | None = None,
) -> frozenset[str]:
    """Return the metrics whose absence shaped the cost; not empty: flag the charge `metric_missing`."""
    return compile(price).missing_metrics(
        usage, request_count=request_count, customer_charge=customer_charge, channel=channel
    )


def validate(price: Document, *, side: Side) -> list[Problem]:
    """Return every problem of a price at once, in the order of the document; no errors means it can be stored.

    side: "list", "payout" or "promotion", the field it is meant for.
    """
    return read_price(price, side=side)[1]


def nominal(price: Document) -> Nominal | None:
    """Return the figure for the catalogue; None for an invalid price and for payout shares."""
    try:
        root = compile(price).root
    except InvalidPrice:
        return None
    with arithmetic():
        return root.nominal()


def effective(price: Document) -> Effective | None:
    """Return the comparable price per unit; None when unknown or invalid, which is never 0."""
    try:
        root = compile(price).root
    except InvalidPrice:
        return None
    with arithmetic():
        return root.effective()
