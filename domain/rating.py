"""What an event costs. Asked by the gateway (to know what its lease has left) and by the settlement."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from domain.money import rounded
from domain.pricing import CompiledPrice, PricingError
from domain.usage import UsageEvent

#: No single call costs more; beyond it stands a broken price or a broken meter.
HIGHEST_COST = Decimal(10) ** 9

_ZERO = Decimal(0)


class Rating(NamedTuple):
    """cost: rounded to the books' twelve places, 0 when there is an error. error: why the event could not be priced.

    flags: `metric_missing` when the price asked for a metric that the usage lacks, `above_hold` when the cost is above
    what was held and the rest is the platform's loss.
    """

    cost: Decimal
    flags: tuple[str, ...] = ()
    error: str = ""


_FREE = Rating(_ZERO)


def rate(event: UsageEvent, price: CompiledPrice) -> Rating:
    """Return what a call costs.

    Calls that failed, or were answered with a status of 400 or more, cost nothing. An interrupted call costs what its
    usage costs: nothing without usage, and nothing by a price that asks for no metric, such as a price per request.
    Source: docs/algorithms/settlement.md, "What is charged".
    """
    if not event.is_billable or (event.outcome == "interrupted" and not (event.usage and price.needs())):
        return _FREE
    try:
        cost = rounded(price.cost(event.usage, request_count=1, channel=event.channel))
        missing = price.missing_metrics(event.usage, request_count=1, channel=event.channel)
    except PricingError as error:
        return Rating(_ZERO, error=str(error))
    if not 0 <= cost <= HIGHEST_COST:
        return Rating(_ZERO, error=f"A call cannot cost {cost:f}. Check the price and the usage.")
    return Rating(cost, (("metric_missing",) if missing else ()) + (("above_hold",) if cost > event.hold else ()))


def due(event: UsageEvent, price: CompiledPrice) -> Decimal:
    """Return what is taken out of the lease for a call: its cost, at most its hold."""
    return min(rate(event, price).cost, event.hold)
