"""The worked numbers of the page about prices, computed by the code that computes every charge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain import pricing, promotions
from domain.metering import max_usage
from domain.money import rounded

_BODY = {"max_tokens": 300}
_BODY_BYTES = 2_000
_TOKENS: Mapping[str, object] = {"type": "one_million_tokens", "input": "3.00", "output": "15.00"}
_USED = {"input_tokens": 420, "output_tokens": 180}
_TIERS: Mapping[str, object] = {
    "type": "graduated",
    "based_on": "count",
    "tiers": [{"up_to": 1000, "unit_price": "0.010"}, {"up_to": None, "unit_price": "0.004"}],
}
_PIECES = 1_500
_DISCOUNT: Mapping[str, object] = {"type": "multiply", "factor": "0.80"}
_SHARE: Mapping[str, object] = {"type": "revenue_share", "percentage": "80"}
_PAID_IN_MONTH = Decimal("250.00")


@dataclass(frozen=True, slots=True)
class Call:
    """A call from its hold to its charge. held: the most that it could cost; free_again: at once when it ends."""

    price: str
    body_bytes: int
    max_tokens: int
    tokens_in: int
    tokens_out: int
    held: Decimal
    charged: Decimal
    formula: str

    @property
    def free_again(self) -> Decimal:
        return self.held - self.charged


@dataclass(frozen=True, slots=True)
class Reduced:
    """A call whose list cost is lowered by a quota and a promotion, one after the other."""

    listed: Decimal
    lines: tuple[promotions.Adjustment, ...]
    charged: Decimal


@dataclass(frozen=True, slots=True)
class Amount:
    """A price in words, what was used, and what that costs."""

    price: str
    used: str
    formula: str
    cost: Decimal


def a_call() -> Call:
    """Return a chat call: what is held before it, and what it is charged."""
    compiled = pricing.compile(_TOKENS)
    bounds = max_usage(_BODY, _BODY_BYTES, {})
    trace = compiled.trace(_USED)
    return Call(
        price=pricing.explain(_TOKENS, currency="USD").sentence,
        body_bytes=_BODY_BYTES,
        max_tokens=_BODY["max_tokens"],
        tokens_in=_USED["input_tokens"],
        tokens_out=_USED["output_tokens"],
        held=rounded(compiled.worst_case(bounds)),
        charged=rounded(trace.cost),
        formula=trace.formula,
    )


def by_quantity() -> Amount:
    """Return a use that reaches into the second step of a graduated price."""
    trace = pricing.trace(_TIERS, {"count": _PIECES})
    sentence = pricing.explain(_TIERS, currency="USD").sentence
    return Amount(sentence, f"{_PIECES:,} units", trace.formula, rounded(trace.cost))


def a_reduced_call() -> Reduced:
    """Return the same chat call with 150 tokens left of a plan's quota, and 20 % off the rest."""
    listed = rounded(pricing.cost(_TOKENS, _USED))
    quota = promotions.Quota("quota", "150 tokens left of your plan", promotions.TOKENS, Decimal(150))
    lines = promotions.cover(listed, _USED, [quota])
    rule = promotions.Rule("rule", "Promotion: 20 % off", "seller", pricing.compile(_DISCOUNT))
    taken, _ = promotions.discounts(promotions.net(listed, lines), _USED, [rule])
    lines += taken
    return Reduced(listed, tuple(lines), promotions.net(listed, lines))


def a_payout() -> Amount:
    """Return what a seller with a share gets of a month."""
    trace = pricing.trace(_SHARE, {}, customer_charge=_PAID_IN_MONTH)
    return Amount("80 % of what customers pay", f"{_PAID_IN_MONTH} USD paid", trace.formula, rounded(trace.cost))
