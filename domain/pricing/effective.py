"""Comparable prices: one unit per dimension, and the reduction of several figures to one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal

from domain.pricing.answers import Effective
from domain.pricing.usage_metrics import BYTE_COUNTERS, GROUP_OF, TOKEN_COUNTERS

TOKENS = "one_million_tokens"
REQUEST = "request"

#: group -> the unit its rates are compared in
_UNITS = {"token": TOKENS, "time": "one_hour", "data": "one_gigabyte", "character": "one_million_characters"}

_DOLLARS = r"\$\s*[0-9]{1,12}(?:\.[0-9]{1,18})?"
_UPSTREAM = re.compile(
    rf"(?P<amounts>{_DOLLARS}(?:\s*/\s*{_DOLLARS}){{0,2}})\s*(?:/|per)\s*1\s*(?P<scale>[MK])\s+"
    r"(?:(?P<labels>[a-z_]{1,20}(?:\s*/\s*[a-z_]{1,20}){0,2})\s+)?tokens\b",
    re.IGNORECASE,
)
_LABELS = {
    "input": "in",
    "in": "in",
    "output": "out",
    "out": "out",
    "cached": "cached",
    "cache": "cached",
    "cached_input": "cached",
}


def blend(tokens_in: Decimal, tokens_out: Decimal) -> Decimal:
    """Weigh output four times as heavily as input, as typical use does."""
    return (tokens_in + 4 * tokens_out) / 5


def per_unit(metric: str, rate: Decimal) -> Effective | None:
    """Express a rate per one `metric` in the unit its dimension is compared in; None when it has none."""
    if metric in TOKEN_COUNTERS:
        metric = "one_token"
    elif metric in BYTE_COUNTERS:
        metric = "one_byte"
    elif metric == "request_count":
        return Effective(rate, REQUEST)
    elif metric == "images_generated":
        return Effective(rate, "image")
    group = GROUP_OF.get(metric)
    if group is None:
        return None
    if group.name == "count":
        return Effective(rate / group.factors[metric], REQUEST)
    unit = _UNITS[group.name]
    return Effective(rate * group.factors[unit] / group.factors[metric], unit)


def unless_byok(figure: Effective | None, description: str | None) -> Effective | None:
    """Return the figure; for a described price of 0, what the customer pays the provider, or None when not stated.

    A 0 without a description is genuinely free.
    """
    if figure is None or figure.amount != 0 or not description:
        return figure
    stated = stated_rate(description)
    return Effective(stated, TOKENS, "upstream") if stated else None


def stated_rate(description: str) -> Decimal | None:
    """Return the blended rate per 1M tokens that a text states: "$1.4 / $4.4 per 1M input/output tokens" gives 3.8."""
    match = _UPSTREAM.search(description[:2000])
    if match is None:
        return None
    amounts = [Decimal(number) for number in re.findall(r"[0-9]+(?:\.[0-9]+)?", match["amounts"])]
    scale = 1000 if match["scale"] in "Kk" else 1
    if not match["labels"]:
        return amounts[0] * scale if len(amounts) == 1 else None
    labels = [_LABELS.get(label.strip().lower()) for label in match["labels"].split("/")]
    if len(labels) != len(amounts) or None in labels:
        return None
    found = dict(zip(labels, amounts, strict=True))
    return blend(found["in"], found["out"]) * scale if {"in", "out"} <= found.keys() else None


def largest(figures: Iterable[Effective | None]) -> Effective | None:
    return _reduced(figures, max)


def smallest(figures: Iterable[Effective | None]) -> Effective | None:
    return _reduced(figures, min)


def _reduced(figures: Iterable[Effective | None], choose: Callable[..., Effective]) -> Effective | None:
    """Choose among the known figures of the dominant unit: 1M tokens, then request, then alphabetical."""
    known = [figure for figure in figures if figure is not None]
    if not known:
        return None
    unit = min((figure.unit for figure in known), key=lambda u: (u != TOKENS, u != REQUEST, u))
    return choose((figure for figure in known if figure.unit == unit), key=lambda figure: figure.amount)
