"""A price that has been read: every kind answers the same questions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from domain.pricing.answers import Effective, Nominal, Row, Span, Trace, Voice
from domain.pricing.call import Call
from domain.pricing.decimals import written


@dataclass(frozen=True, slots=True, kw_only=True)
class Price(ABC):
    """One node of a price. All decimals are parsed; nothing here is checked again.

    given: the `price` field; the billing rate of simple kinds, elsewhere a figure the seller wants shown.
    """

    type: str
    given: Decimal | None = None
    description: str | None = None

    @abstractmethod
    def cost(self, call: Call) -> Decimal:
        """Return the unrounded cost. Raises: PricingError."""

    @abstractmethod
    def trace(self, call: Call) -> Trace:
        """Return the cost with the arithmetic behind it. Raises: PricingError."""

    @abstractmethod
    def span(self, box: Call) -> Span:
        """Return the costs possible for any usage whose amounts are at most those of `box`, or absent.

        A box without a channel stands for every channel.
        Raises: PricingError when no such usage has a cost.
        """

    @abstractmethod
    def missing(self, call: Call) -> frozenset[str]:
        """Return the metrics whose absence shaped the cost of this call."""

    @abstractmethod
    def derived_nominal(self) -> Nominal | None:
        """Return the nominal price that follows from the rates."""

    @abstractmethod
    def effective(self) -> Effective | None:
        """Return the comparable price per unit; None when unknown, which is never 0."""

    @abstractmethod
    def words(self, voice: Voice) -> str:
        """Return the price as part of a sentence."""

    @abstractmethod
    def rows(self, voice: Voice) -> tuple[Row, ...]:
        """Return the price as lines of a table."""

    def own_needs(self) -> frozenset[str]:
        """Return the metrics that this node itself reads, without its children."""
        return frozenset()

    def children(self) -> tuple[Price, ...]:
        return ()

    def parts(self) -> Iterator[Price]:
        """Return the node and everything below it, top down."""
        yield self
        for child in self.children():
            yield from child.parts()

    def is_compound(self) -> bool:
        """Whether its words need brackets inside a longer sentence."""
        return bool(self.children())

    def nominal(self) -> Nominal | None:
        """Return the seller's own figure, or else the derived one."""
        if self.given is not None:
            return Nominal(written(self.given), self.given)
        return self.derived_nominal()


def nominal_of(child: Price) -> Nominal | None:
    """Return the figure that a parent takes from its child, without the range that describes only the child."""
    nominal = child.nominal()
    return None if nominal is None else Nominal(nominal.shown, nominal.amount)


def alternatives_missing(prices: tuple[Price, ...], call: Call) -> frozenset[str]:
    """Return what all the prices together miss, when none of them could be used."""
    return frozenset[str]().union(*(price.missing(call) for price in prices))
