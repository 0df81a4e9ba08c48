"""What an event costs. Asked by the gateway (to know what its lease has left) and by the settlement."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple, Protocol

from domain.money import rounded
from domain.pricing import CompiledPrice, PricingError
from domain.usage import UsageEvent

#: No single call costs more; beyond it stands a broken price or a broken meter.
HIGHEST_COST = Decimal(10) ** 9

_ZERO = Decimal(0)


class Rating(NamedTuple):
    """cost: by the list price, rounded to the books' twelve places; 0 when there is an error.

    flags: `metric_missing` when the price asked for a metric that the usage lacks. error: why the event could not be
    priced. What quotas and promotions take off the cost is `domain.promotions`.
    """

    cost: Decimal
    flags: tuple[str, ...] = ()
    error: str = ""


_FREE = Rating(_ZERO)


class Attempt(Protocol):
    """What of a usage event says what it costs: the gateway asks before it has written one."""

    @property
    def is_billable(self) -> bool: ...
    @property
    def outcome(self) -> str: ...
    @property
    def usage(self) -> Mapping[str, int | Decimal]: ...
    @property
    def channel(self) -> str | None: ...
    @property
    def hold(self) -> Decimal: ...


def rate(event: UsageEvent, price: CompiledPrice) -> Rating:
    """Return what a call costs.

    Calls that failed, or were answered with a status of 400 or more, cost nothing. An interrupted call costs what its
    usage costs: nothing without usage, and nothing by a price that asks for no metric, such as a price per request.
    Source: docs/algorithms/settlement.md, "What is charged".
    """
    if _is_free(event, price):
        return _FREE
    try:
        cost, is_missing = price.bill(event.usage, channel=event.channel)
    except PricingError as error:
        return Rating(_ZERO, error=str(error))
    if not 0 <= cost <= HIGHEST_COST:
        return Rating(_ZERO, error=f"A call cannot cost {cost:f}. Check the price and the usage.")
    return Rating(cost, ("metric_missing",) if is_missing else ())


def due(event: Attempt, price: CompiledPrice) -> Decimal:
    """Return what a call takes out of its lease: its list cost, at most its hold.

    The gateway knows no more than that. What quotas and promotions take off it, the settlement gives back.
    """
    if event.outcome != "completed" and _is_free(event, price):
        return _ZERO
    if not event.is_billable:
        return _ZERO
    cost = price.rates.cost(event.usage) if price.rates is not None else None
    if cost is None:
        try:
            cost = rounded(price.cost_of_counted(event.usage, channel=event.channel))
        except PricingError:
            return _ZERO
    return min(cost, event.hold) if 0 <= cost <= HIGHEST_COST else _ZERO


def _is_free(event: Attempt, price: CompiledPrice) -> bool:
    return not event.is_billable or (event.outcome == "interrupted" and not (event.usage and price.needs()))
