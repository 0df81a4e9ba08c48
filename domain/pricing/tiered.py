"""Volume prices: the tier that the amount falls in sets the price of the whole usage."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.pricing.answers import Effective, Nominal, Row, Span, Trace, Voice
from domain.pricing.call import Call
from domain.pricing.decimals import plain
from domain.pricing.effective import largest
from domain.pricing.errors import PricingError
from domain.pricing.expressions import Expression, Range
from domain.pricing.price import Price, nominal_of
from domain.pricing.reading import Fields
from domain.pricing.tiers import check_limits, holds, reach
from domain.pricing.words import clause, heading, many


@dataclass(frozen=True, slots=True)
class Tier:
    """up_to: inclusive; None means no end."""

    up_to: int | None
    price: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class TieredPrice(Price):
    """tiers: ascending, the last one open."""

    based_on: Expression
    tiers: tuple[Tier, ...]

    def cost(self, call: Call) -> Decimal:
        return self._tier(self.based_on.value(call)).price.cost(call)

    def trace(self, call: Call) -> Trace:
        value = self.based_on.value(call)
        tier = self._tier(value)
        child = tier.price.trace(call)
        end = "no limit" if tier.up_to is None else f"up to {tier.up_to}"
        return Trace(self.type, f"{self.based_on.text} = {plain(value)}: tier {end}", child.cost, (child,))

    def span(self, box: Call) -> Span:
        """Any tier that the amount can reach may set the price."""
        values = self.based_on.range(box)
        spans: list[Span] = []
        errors: list[PricingError] = []
        for tier in self._reachable(values):
            try:
                spans.append(tier.price.span(box))
            except PricingError as error:
                errors.append(error)
        if not spans:
            raise errors[0]
        sure = values is not None and values.sure and not errors and all(span.sure for span in spans)
        return Span(min(span.low for span in spans), max(span.high for span in spans), sure)

    def children(self) -> tuple[Price, ...]:
        return tuple(tier.price for tier in self.tiers)

    def own_needs(self) -> frozenset[str]:
        return frozenset(self.based_on.names)

    def missing(self, call: Call) -> frozenset[str]:
        missing = self.based_on.missing(call)
        try:
            return missing | self._tier(self.based_on.value(call)).price.missing(call)
        except PricingError:
            return missing

    def derived_nominal(self) -> Nominal | None:
        return nominal_of(self.tiers[0].price)

    def effective(self) -> Effective | None:
        return largest(tier.price.effective() for tier in self.tiers)

    def words(self, voice: Voice) -> str:
        chosen = "; ".join(f"{end or 'always'}: {clause(price, voice)}" for end, price in self._labelled())
        return f"by {many(self.based_on.text)}, one rate for all: {chosen}"

    def rows(self, voice: Voice) -> tuple[Row, ...]:
        metric = self.based_on.text
        return tuple(row.under(heading(metric, end)) for end, price in self._labelled() for row in price.rows(voice))

    def _labelled(self) -> list[tuple[str, Price]]:
        limits = [tier.up_to for tier in self.tiers]
        return [(reach(limits, i), tier.price) for i, tier in enumerate(self.tiers)]

    def _reachable(self, values: Range | None) -> tuple[Tier, ...]:
        if values is None:
            return self.tiers
        first, last = self._tier(values.low), self._tier(values.high)
        return self.tiers[self.tiers.index(first) : self.tiers.index(last) + 1]

    def _tier(self, value: Decimal) -> Tier:
        for tier in self.tiers:
            if holds(tier.up_to, value):
                return tier
        raise PricingError(f"no tier holds {self.based_on.text} = {plain(value)}")


def read(fields: Fields) -> Price:
    fields.common()
    given = fields.optional_decimal("price")
    based_on = fields.expression("based_on")
    limits, tiers = [], []
    for entry in fields.objects("tiers"):
        limits.append(entry.limit("up_to"))
        price = entry.child("price")
        entry.close()
        if price is not None:
            tiers.append(Tier(limits[-1], price))
    check_limits(fields, limits)
    return TieredPrice(
        type="tiered", given=given, description=fields.description, based_on=based_on, tiers=tuple(tiers)
    )


KINDS = {"tiered": read}
