"""What a seller earns in a billing period: a payout price evaluated over everything that was used of a service.

Worked numbers: docs/algorithms/payouts.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.money import rounded
from domain.pricing import CompiledPrice, PricingError, Trace
from domain.pricing.answers import Voice
from domain.pricing.call import Call, read_call
from domain.pricing.channel import ChannelPrice
from domain.pricing.composite import AddPrice, MultiplyPrice
from domain.pricing.decimals import ZERO, arithmetic, plain, written
from domain.pricing.extremes import ExtremePrice
from domain.pricing.payout import RevenueShare
from domain.pricing.price import Price
from domain.pricing.tiered import TieredPrice
from domain.pricing.tiers import holds
from domain.pricing.usage_metrics import GROUPS, METRICS

_CHOICES: dict[str, Callable[[list[Trace]], Trace]] = {
    "max": lambda traces: max(traces, key=lambda each: each.cost),
    "min": lambda traces: min(traces, key=lambda each: each.cost),
    "first": lambda traces: traces[0],
}


@dataclass(frozen=True, slots=True)
class Part:
    """What came through one channel. metrics: sums over the period; customer_charge: what the customers paid for it."""

    channel: str | None
    requests: int
    customer_charge: Decimal
    metrics: Mapping[str, Decimal]


def earned(price: CompiledPrice, parts: Sequence[Part]) -> Trace:
    """Return what a seller earns for the parts of one service and period, unrounded, with the arithmetic behind it.

    A price by channel is evaluated for each of its channels over that channel's part alone; what came through no
    channel or an unknown one counts to the default. Every other price is evaluated once over the whole.
    Raises: PricingError.
    """
    with arithmetic():
        trace = _trace(price.root, parts)
        if not abs(trace.cost) < Decimal(10) ** 18:
            raise PricingError("the payout is beyond 10^18; check the usage and the price")
        return trace


def share_of(price: CompiledPrice, *, payout: Decimal, customer_charge: Decimal, credited: Decimal) -> Decimal:
    """Return how much of `payout` belongs to `credited`, a part of what the customers paid; rounded.

    A revenue share gives its percentage of the credited amount exactly. Every other price gives in proportion:
    payout x credited / customer_charge.
    """
    with arithmetic():
        if isinstance(price.root, RevenueShare):
            return rounded(credited * price.root.percentage / 100)
        if not customer_charge:
            return ZERO
        return rounded(payout * credited / customer_charge)


def in_words(price: CompiledPrice, currency: str) -> str:
    """Return a payout price as a sentence. Fixed amounts are paid for a billing period."""
    sentence = price.root.words(Voice(currency, "billing period"))
    return f"{sentence[:1].upper()}{sentence[1:]}."


def summed(parts: Sequence[Part]) -> Part:
    """Return everything as one part of no channel."""
    metrics: dict[str, Decimal] = {}
    for part in parts:
        for name, quantity in part.metrics.items():
            metrics[name] = metrics.get(name, ZERO) + quantity
    return Part(
        channel=None,
        requests=sum(part.requests for part in parts),
        customer_charge=sum((part.customer_charge for part in parts), ZERO),
        metrics=metrics,
    )


def _trace(node: Price, parts: Sequence[Part]) -> Trace:
    """Evaluate a node; only nodes above a price by channel are taken apart."""
    if not any(isinstance(part, ChannelPrice) for part in node.parts()):
        return node.trace(_call(parts))
    if isinstance(node, ChannelPrice):
        return _by_channel(node, parts)
    if isinstance(node, AddPrice):
        children = tuple(_trace(price, parts) for price in node.prices)
        return Trace(node.type, " + ".join(plain(each.cost) for each in children), _sum(children), children)
    if isinstance(node, MultiplyPrice) and node.base is not None:
        base = _trace(node.base, parts)
        return Trace(node.type, f"{plain(base.cost)} x {written(node.factor)}", base.cost * node.factor, (base,))
    if isinstance(node, TieredPrice):
        return _by_tier(node, parts)
    assert isinstance(node, ExtremePrice), node.type
    return _chosen(node, parts)


def _by_channel(node: ChannelPrice, parts: Sequence[Part]) -> Trace:
    groups: dict[str, list[Part]] = {}
    for part in parts or [Part(None, 0, ZERO, {})]:
        name = part.channel if part.channel in node.channels else node.default
        groups.setdefault(name or node.default, []).append(part)
    names = [name for name in node.channels if name in groups]
    children = tuple(_trace(node.channels[name], groups[name]) for name in names)
    shown = " + ".join(f"{name} {plain(child.cost)}" for name, child in zip(names, children, strict=True))
    return Trace(node.type, shown, _sum(children), children)


def _by_tier(node: TieredPrice, parts: Sequence[Part]) -> Trace:
    value = node.based_on.value(_call(parts))
    tier = next(tier for tier in node.tiers if holds(tier.up_to, value))
    child = _trace(tier.price, parts)
    end = "no limit" if tier.up_to is None else f"up to {tier.up_to}"
    return Trace(node.type, f"{node.based_on.text} = {plain(value)}: tier {end}", child.cost, (child,))


def _chosen(node: ExtremePrice, parts: Sequence[Part]) -> Trace:
    """Evaluate `max`, `min` or `first`: children that cannot be evaluated are skipped."""
    worked: list[Trace] = []
    error = PricingError(f"no price of '{node.type}' can be evaluated")
    for price in node.prices:
        try:
            worked.append(_trace(price, parts))
        except PricingError as skipped:
            error = skipped
    if not worked:
        raise error
    shown = ", ".join(plain(each.cost) for each in worked)
    return Trace(node.type, f"{node.type}({shown})", _CHOICES[node.type](worked).cost, tuple(worked))


def _call(parts: Sequence[Part]) -> Call:
    whole = summed(parts)
    return read_call(_in_one_unit(whole.metrics), whole.requests, whole.customer_charge, None)


def _in_one_unit(metrics: Mapping[str, Decimal]) -> dict[str, object]:
    """Return the metrics with the units of each group added up in the first of them that was reported.

    A call reports one unit of a group; the calls of a period may have reported several, and all of them count.
    """
    amounts: dict[str, object] = {name: value for name, value in metrics.items() if name in METRICS}
    for group in GROUPS:
        first, *others = [unit for unit in group.factors if unit in amounts] or [""]
        if others:
            total = sum((metrics[unit] * group.factors[unit] for unit in (first, *others)), ZERO)
            amounts.update(dict.fromkeys(others))
            amounts[first] = total / group.factors[first]
    return amounts


def _sum(traces: Sequence[Trace]) -> Decimal:
    return sum((each.cost for each in traces), ZERO)
