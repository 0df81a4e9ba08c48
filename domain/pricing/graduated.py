"""Graduated prices: each slice of the amount is paid at its own rate."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.pricing.answers import UNLIMITED, Effective, Nominal, Row, Span, Trace, Voice
from domain.pricing.call import Call
from domain.pricing.decimals import ZERO, plain, written
from domain.pricing.effective import per_unit
from domain.pricing.expressions import Expression
from domain.pricing.price import Price
from domain.pricing.reading import Fields
from domain.pricing.tiers import check_limits, reach
from domain.pricing.words import heading, many, money, one, rate, whole


@dataclass(frozen=True, slots=True)
class Slice:
    """The units above the previous limit, up to this one inclusive; None means no end."""

    up_to: int | None
    unit_price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class GraduatedPrice(Price):
    """slices: ascending, the last one open. Fractions of a unit are paid pro rata; nothing is rounded."""

    based_on: Expression
    slices: tuple[Slice, ...]

    def cost(self, call: Call) -> Decimal:
        return self._charge(self.based_on.value(call))

    def trace(self, call: Call) -> Trace:
        value = self.based_on.value(call)
        terms = [f"{plain(units)} x {written(price)}" for units, price in self._terms(value)]
        return Trace(self.type, " + ".join(terms) or "0", self._charge(value))

    def span(self, box: Call) -> Span:
        """Between two limits the charge is a straight line, so its extremes are at limits or at the ends."""
        values = self.based_on.range(box)
        if values is None:
            return UNLIMITED
        limits = [Decimal(s.up_to) for s in self.slices if s.up_to is not None and values.low < s.up_to < values.high]
        bends = [ZERO] if values.low < 0 < values.high else []
        charges = [self._charge(value) for value in (values.low, *bends, *limits, values.high)]
        return Span(min(charges), max(charges), values.sure)

    def own_needs(self) -> frozenset[str]:
        return frozenset(self.based_on.names)

    def missing(self, call: Call) -> frozenset[str]:
        return self.based_on.missing(call)

    def derived_nominal(self) -> Nominal | None:
        first = self.slices[0].unit_price
        return Nominal(written(first), first)

    def effective(self) -> Effective | None:
        return per_unit(self.based_on.text, max(piece.unit_price for piece in self.slices))

    def words(self, voice: Voice) -> str:
        unit, units = one(self.based_on.text), many(self.based_on.text)
        parts = []
        for i, piece in enumerate(self.slices):
            price = "free" if piece.unit_price == 0 else f"{rate(piece.unit_price, voice)} per {unit}"
            if piece.up_to is not None:
                price += f" {'for the first' if i == 0 else 'up to'} {whole(piece.up_to)} {units}"
            elif i > 0:
                price += " beyond"
            parts.append(price)
        return ", then ".join(parts)

    def rows(self, voice: Voice) -> tuple[Row, ...]:
        metric = self.based_on.text
        limits = [piece.up_to for piece in self.slices]
        return tuple(
            Row(heading(metric, reach(limits, i)), money(piece.unit_price, voice), f"per {one(metric)}")
            for i, piece in enumerate(self.slices)
        )

    def is_compound(self) -> bool:
        return len(self.slices) > 1

    def _charge(self, value: Decimal) -> Decimal:
        total = ZERO
        for units, price in self._terms(value):
            total += units * price
        return total

    def _terms(self, value: Decimal) -> list[tuple[Decimal, Decimal]]:
        """Return (units, rate) for every slice that the value reaches."""
        terms: list[tuple[Decimal, Decimal]] = []
        rest, start = value, 0
        for piece in self.slices:
            if rest <= 0:
                break
            units = rest if piece.up_to is None else min(rest, Decimal(piece.up_to - start))
            terms.append((units, piece.unit_price))
            rest -= units
            start = piece.up_to or start
        return terms


def read(fields: Fields) -> Price:
    fields.common()
    given = fields.optional_decimal("price")
    based_on = fields.expression("based_on")
    slices = []
    for entry in fields.objects("tiers"):
        slices.append(Slice(entry.limit("up_to"), entry.decimal("unit_price")))
        entry.close()
    check_limits(fields, [piece.up_to for piece in slices])
    return GraduatedPrice(
        type="graduated", given=given, description=fields.description, based_on=based_on, slices=tuple(slices)
    )


KINDS = {"graduated": read}
