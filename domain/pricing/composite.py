"""Sums and factors: every part must have a cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.pricing.answers import Effective, Nominal, Row, Span, Trace, Voice
from domain.pricing.call import Call
from domain.pricing.decimals import ZERO, plain, written
from domain.pricing.errors import PricingError
from domain.pricing.price import Price, alternatives_missing, nominal_of
from domain.pricing.reading import Fields
from domain.pricing.words import clause


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPrice(Price):
    """The sum of its parts; the first part that fails fails the whole."""

    prices: tuple[Price, ...]

    def cost(self, call: Call) -> Decimal:
        total = ZERO
        for price in self.prices:
            total += price.cost(call)
        return total

    def trace(self, call: Call) -> Trace:
        children = tuple(price.trace(call) for price in self.prices)
        return Trace(self.type, " + ".join(plain(child.cost) for child in children), self.cost(call), children)

    def span(self, box: Call) -> Span:
        spans = [price.span(box) for price in self.prices]
        low, high = sum((span.low for span in spans), ZERO), sum((span.high for span in spans), ZERO)
        return Span(low, high, sure=all(span.sure for span in spans))

    def children(self) -> tuple[Price, ...]:
        return self.prices

    def missing(self, call: Call) -> frozenset[str]:
        return alternatives_missing(self.prices, call)

    def derived_nominal(self) -> Nominal | None:
        return nominal_of(self.prices[0])

    def effective(self) -> Effective | None:
        """Return the sum, when every part is known and in one unit."""
        figures = [price.effective() for price in self.prices]
        known = [figure for figure in figures if figure is not None]
        if len(known) != len(figures) or len({figure.unit for figure in known}) != 1:
            return None
        is_upstream = any(figure.source == "upstream" for figure in known)
        total = sum((figure.amount for figure in known), ZERO)
        return Effective(total, known[0].unit, "upstream" if is_upstream else "rate")

    def words(self, voice: Voice) -> str:
        return ", plus ".join(clause(price, voice) for price in self.prices)

    def rows(self, voice: Voice) -> tuple[Row, ...]:
        return tuple(row for price in self.prices for row in price.rows(voice))


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiplyPrice(Price):
    """A price times a factor. Without a base, in a promotion, it multiplies the charge that is being reduced."""

    factor: Decimal
    base: Price | None

    def cost(self, call: Call) -> Decimal:
        return self._base_cost(call) * self.factor

    def trace(self, call: Call) -> Trace:
        children = () if self.base is None else (self.base.trace(call),)
        return Trace(self.type, f"{plain(self._base_cost(call))} x {written(self.factor)}", self.cost(call), children)

    def span(self, box: Call) -> Span:
        if self.base is None:
            cost = self.cost(box)
            return Span(cost, cost, sure=True)
        span = self.base.span(box)
        if self.factor == 0:
            return Span(ZERO, ZERO, span.sure)
        ends = span.low * self.factor, span.high * self.factor
        return Span(min(ends), max(ends), span.sure)

    def children(self) -> tuple[Price, ...]:
        return () if self.base is None else (self.base,)

    def missing(self, call: Call) -> frozenset[str]:
        return frozenset() if self.base is None else self.base.missing(call)

    def derived_nominal(self) -> Nominal | None:
        base = None if self.base is None else self.base.nominal()
        if base is None:
            return None
        return Nominal(written(Decimal(base.shown) * self.factor), base.amount * self.factor)

    def effective(self) -> Effective | None:
        figure = None if self.base is None else self.base.effective()
        return None if figure is None else Effective(figure.amount * self.factor, figure.unit, figure.source)

    def words(self, voice: Voice) -> str:
        base = "the price" if self.base is None else clause(self.base, voice)
        return f"{self._percent()} % of {base}"

    def rows(self, voice: Voice) -> tuple[Row, ...]:
        heading = f"{self._percent()} % of"
        if self.base is None:
            return (Row("Share of the price", f"{self._percent()} %", "of the price"),)
        return tuple(row.under(heading) for row in self.base.rows(voice))

    def _percent(self) -> str:
        return plain(self.factor * 100)

    def _base_cost(self, call: Call) -> Decimal:
        if self.base is not None:
            return self.base.cost(call)
        if call.base is None:
            raise PricingError("a multiply price without 'base' needs a charge to reduce; it belongs in a promotion")
        return call.base


def read_add(fields: Fields) -> Price:
    fields.common()
    given = fields.optional_decimal("price")
    return AddPrice(type="add", given=given, description=fields.description, prices=fields.children("prices"))


def read_multiply(fields: Fields) -> Price:
    fields.common()
    given = fields.optional_decimal("price")
    factor = fields.decimal("factor")
    may_lack_base = fields.side in (None, "promotion") and fields.is_root
    base = fields.child("base", required=not may_lack_base)
    if fields.side == "promotion" and base is None:
        _check_reduction(fields, factor)
    return MultiplyPrice(type="multiply", given=given, description=fields.description, factor=factor, base=base)


def _check_reduction(fields: Fields, factor: Decimal) -> None:
    if factor < 0:
        fields.report(f"must be between 0 and 1 in a promotion, got '{written(factor)}'", "factor")
    elif factor > 1:
        fields.warn(f"a factor of {written(factor)} reduces nothing; 0.80 means 20 % off", "factor")


KINDS = {"add": read_add, "multiply": read_multiply}
