"""Included quotas: the first units of a period cost nothing more, what goes beyond has its list price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from domain.money import rounded
from domain.promotions.adjustments import Adjustment, Funder

#: Every call counts as one.
REQUESTS = "requests"
#: Tokens of all kinds: input, cached input and output; the total where the usage gives nothing else.
TOKENS = "tokens"

Usage = Mapping[str, int | Decimal]


class Quota(NamedTuple):
    """What an included quota has left. metric: a metric of the usage, REQUESTS or TOKENS; left: in its units."""

    id: str
    name: str
    metric: str
    left: Decimal
    funded_by: Funder = "seller"


def quantity(metric: str, usage: Usage) -> Decimal:
    """Return how much of a quota's metric a call used, in twelve places; 0 when its usage does not say."""
    if metric == REQUESTS:
        return Decimal(1)
    if metric == TOKENS:
        parts = [usage.get(name) for name in ("input_tokens", "cached_input_tokens", "output_tokens")]
        if all(part is None for part in parts):
            return Decimal(usage.get("total_tokens", 0))
        return Decimal(sum(part or 0 for part in parts))
    amount = Decimal(usage.get(metric, 0))
    return amount if amount == amount.to_integral_value() else rounded(amount)


def cover(cost: Decimal, usage: Usage, quotas: Iterable[Quota]) -> list[Adjustment]:
    """Return what quotas take off the list cost of a call, in the order in which they are used up.

    The first quota that the usage says something about chooses the metric; others of the same metric go on where it
    ends. A call of 1,000 tokens with 250 left in the quota is covered to a quarter: of 0.08 it takes 0.02.
    A call that costs nothing uses nothing.
    """
    taken: list[Adjustment] = []
    if not cost:
        return taken
    metric, used, covered, off = "", Decimal(0), Decimal(0), Decimal(0)
    for quota in quotas:
        if quota.left <= 0 or (metric and quota.metric != metric):
            continue
        if not metric:
            used = quantity(quota.metric, usage)
            if not used:
                continue
            metric = quota.metric
        part = min(quota.left, used - covered)
        covered += part
        # rounded on what is covered so far, so that quotas which cover the whole call take off the whole cost
        amount = (cost if covered == used else rounded(cost * covered / used)) - off
        off += amount
        taken.append(Adjustment("allowance", quota.id, quota.name, amount, quota.funded_by, metric, part))
        if covered == used:
            break
    return taken
