"""Price versions made ready to compute. They never change, so a process reads and compiles each of them once."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from billing.prices import queries
from billing.prices.models import PriceVersion, Side
from domain import pricing
from domain.pricing import CompiledPrice, PricingError

_MOST_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class ReadyPrice:
    """A price version, compiled; or the reason why it cannot bill anybody."""

    currency: str
    price: CompiledPrice | None
    error: str = ""


class ReadyPrices:
    """A cache by the version's id. Unknown ids are asked for again: the version may come."""

    def __init__(self) -> None:
        self._kept: dict[str, ReadyPrice] = {}

    def get(self, version_id: str) -> ReadyPrice | None:
        """Return a price, or None for a version that does not exist (yet)."""
        ready = self._kept.get(version_id)
        if ready is None:
            version = queries.versions([UUID(version_id)]).get(UUID(version_id))
            if version is None:
                return None
            if len(self._kept) >= _MOST_KEPT:
                self._kept = {}
            ready = self._kept[version_id] = _ready(version)
        return ready


def _ready(version: PriceVersion) -> ReadyPrice:
    if version.side != Side.LIST:
        return ReadyPrice(version.currency, None, "The price version is not a list price.")
    try:
        return ReadyPrice(version.currency, pricing.compile(version.price))
    except PricingError as error:
        return ReadyPrice(version.currency, None, f"The price cannot be read: {error}")
