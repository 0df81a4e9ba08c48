"""What calls of one's own would cost: which amounts a price asks about, and the answer in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.pricing.answers import Voice
from domain.pricing.channel import ChannelPrice
from domain.pricing.compiled import CompiledPrice
from domain.pricing.decimals import arithmetic
from domain.pricing.errors import PricingError
from domain.pricing.explaining import typical_usage
from domain.pricing.words import cost_text, many


@dataclass(frozen=True, slots=True)
class Question:
    """An amount of one call that the price depends on. usual: of an ordinary call."""

    metric: str
    label: str
    usual: int


@dataclass(frozen=True, slots=True)
class Bill:
    """each, total: amounts with their currency. each is None where calls are charged by their number in a period."""

    each: str | None
    total: str


def questions(price: CompiledPrice) -> tuple[Question, ...]:
    """Return what has to be known of a call."""
    usage = typical_usage(price)
    return tuple(Question(metric, _label(metric), amount) for metric, amount in usage.items())


def channels(price: CompiledPrice) -> tuple[str, ...]:
    """Return the channels that have prices of their own."""
    parts = (part for part in price.root.parts() if isinstance(part, ChannelPrice))
    return tuple(dict.fromkeys(name for part in parts for name in part.channels))


def bill(
    price: CompiledPrice, usage: Mapping[str, int], *, calls: int, currency: str, channel: str | None = None
) -> Bill | None:
    """Return what `calls` calls cost that each use `usage`; None when the price cannot say.

    Of a price by the number of requests all calls are one billing period.
    """
    voice = Voice(currency)
    try:
        if "request_count" in price.needs():
            total = price.cost(usage, request_count=calls, channel=channel)
            return Bill(None, cost_text(total, voice))
        each = price.cost(usage, channel=channel)
    except PricingError:
        return None
    with arithmetic():
        return Bill(cost_text(each, voice), cost_text(each * Decimal(calls), voice))


def _label(metric: str) -> str:
    name = many(metric)
    return name[:1].upper() + name[1:]
