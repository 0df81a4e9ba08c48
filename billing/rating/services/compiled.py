"""Price versions made ready to compute. They never change, so a process reads and compiles each of them once."""

from __future__ import annotations

from collections.abc import Iterable
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

    def get(self, ids: Iterable[str]) -> dict[str, ReadyPrice]:
        """Return the prices of known versions by id."""
        wanted = set(ids)
        missing = wanted - self._kept.keys()
        if missing:
            if len(self._kept) + len(missing) > _MOST_KEPT:
                self._kept = {}
                missing = wanted
            for pk, version in queries.versions(UUID(each) for each in missing).items():
                self._kept[str(pk)] = _ready(version)
        return {each: self._kept[each] for each in wanted if each in self._kept}


def _ready(version: PriceVersion) -> ReadyPrice:
    if version.side != Side.LIST:
        return ReadyPrice(version.currency, None, "The price version is not a list price.")
    try:
        return ReadyPrice(version.currency, pricing.compile(version.price))
    except PricingError as error:
        return ReadyPrice(version.currency, None, f"The price cannot be read: {error}")
