"""The highest, the lowest or the first of several prices; the ones that cannot price a usage are skipped."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.pricing.answers import Effective, Nominal, Row, Span, Trace, Voice
from domain.pricing.call import Call
from domain.pricing.decimals import plain
from domain.pricing.effective import largest, smallest
from domain.pricing.errors import PricingError
from domain.pricing.price import Price, alternatives_missing, nominal_of
from domain.pricing.reading import Fields
from domain.pricing.words import clause

_WORDS = {"max": "whichever is higher: ", "min": "whichever is lower: ", "first": ""}
_SEPARATORS = {"max": ", or ", "min": ", or ", "first": "; where that cannot be measured, "}
_HEADINGS = {"max": "Highest of", "min": "Lowest of", "first": "First of"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtremePrice(Price):
    """`max`, `min` or `first` of its parts. Token prices never fail: without tokens they cost 0 and still count."""

    prices: tuple[Price, ...]

    def cost(self, call: Call) -> Decimal:
        return self._chosen(call)[1]

    def trace(self, call: Call) -> Trace:
        """Return the formula with the skipped parts named; only parts that worked are children."""
        shown: list[str] = []
        children: list[Trace] = []
        for price in self.prices:
            try:
                children.append(price.trace(call))
                shown.append(plain(children[-1].cost))
            except PricingError:
                shown.append("skipped")
                continue
            if self.type == "first":
                break
        return Trace(self.type, f"{self.type}({', '.join(shown)})", self.cost(call), tuple(children))

    def span(self, box: Call) -> Span:
        spans = self._spans(box)
        low, high = min(span.low for span in spans), max(span.high for span in spans)
        sure = [span for span in spans if span.sure]
        if sure and self.type == "max":
            low = max(span.low for span in sure)
        elif sure and self.type == "min":
            high = min(span.high for span in sure)
        return Span(low, high, sure=bool(sure))

    def children(self) -> tuple[Price, ...]:
        return self.prices

    def missing(self, call: Call) -> frozenset[str]:
        """Return what the deciding part misses; when none works, what all of them miss."""
        try:
            return self._chosen(call)[0].missing(call)
        except PricingError:
            return alternatives_missing(self.prices, call)

    def derived_nominal(self) -> Nominal | None:
        return nominal_of(self.prices[0])

    def effective(self) -> Effective | None:
        figures = [price.effective() for price in self.prices]
        if self.type == "first":
            return next((figure for figure in figures if figure is not None), None)
        return largest(figures) if self.type == "max" else smallest(figures)

    def words(self, voice: Voice) -> str:
        return _WORDS[self.type] + _SEPARATORS[self.type].join(clause(price, voice) for price in self.prices)

    def rows(self, voice: Voice) -> tuple[Row, ...]:
        return tuple(row.under(_HEADINGS[self.type]) for price in self.prices for row in price.rows(voice))

    def _chosen(self, call: Call) -> tuple[Price, Decimal]:
        best: tuple[Price, Decimal] | None = None
        errors: list[str] = []
        for price in self.prices:
            try:
                cost = price.cost(call)
            except PricingError as error:
                errors.append(str(error))
                continue
            if self.type == "first":
                return price, cost
            if best is None or (cost > best[1] if self.type == "max" else cost < best[1]):
                best = price, cost
        if best is None:
            raise _none_worked(self.type, errors)
        return best

    def _spans(self, box: Call) -> list[Span]:
        """Return the spans of the parts that can decide; `first` looks no further than a part that never fails."""
        spans: list[Span] = []
        errors: list[str] = []
        for price in self.prices:
            try:
                spans.append(price.span(box))
            except PricingError as error:
                errors.append(str(error))
                continue
            if self.type == "first" and spans[-1].sure:
                break
        if not spans:
            raise _none_worked(self.type, errors)
        return spans


def _none_worked(kind: str, errors: list[str]) -> PricingError:
    return PricingError(f"none of the prices of '{kind}' can price this usage: {'; '.join(dict.fromkeys(errors))}")


def read(fields: Fields) -> Price:
    fields.common()
    given = fields.optional_decimal("price")
    prices = fields.children("prices")
    return ExtremePrice(type=fields.type, given=given, description=fields.description, prices=prices)


KINDS = dict.fromkeys(_WORDS, read)
