"""Prices per unit of one metric: time, characters, scaled counts, images and steps."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.pricing.answers import Effective, Nominal, Row, Span, Trace, Voice
from domain.pricing.call import Call
from domain.pricing.decimals import ZERO, plain, written
from domain.pricing.effective import per_unit
from domain.pricing.errors import PricingError
from domain.pricing.price import Price
from domain.pricing.reading import Fields
from domain.pricing.usage_metrics import GROUP_OF, Quantity, most, resolve, usage_had
from domain.pricing.words import money, one, rate

#: type -> the metric it counts
_METRIC = {
    **{unit: unit for unit in ("one_second", "one_minute", "one_hour", "one_day", "one_month")},
    **{unit: unit for unit in ("one_thousand", "one_million")},
    **{unit: unit for unit in ("one_character", "one_thousand_characters", "one_million_characters")},
    "image": "count",
    "step": "count",
}
_LABELS = {"time": "Time", "character": "Characters", "count": "Units"}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPrice(Price):
    """A rate times the usage of a metric, converted within the metric's group."""

    rate: Decimal
    metric: str

    def cost(self, call: Call) -> Decimal:
        return self.rate * self._quantity(resolve(self.metric, call.amounts), call)

    def trace(self, call: Call) -> Trace:
        quantity = self._quantity(resolve(self.metric, call.amounts), call)
        return Trace(self.type, f"{plain(Decimal(quantity))} x {written(self.rate)}", self.cost(call))

    def span(self, box: Call) -> Span:
        cost = self.rate * self._quantity(most(self.metric, box.amounts), box)
        return Span(min(cost, ZERO), max(cost, ZERO), sure=False)

    def own_needs(self) -> frozenset[str]:
        return frozenset({self.metric})

    def missing(self, call: Call) -> frozenset[str]:
        return frozenset() if resolve(self.metric, call.amounts) is not None else self.own_needs()

    def derived_nominal(self) -> Nominal | None:
        return Nominal(written(self.rate), self.rate)

    def effective(self) -> Effective | None:
        if self.metric == "count":
            return Effective(self.rate, self.type)
        return per_unit(self.metric, self.rate)

    def words(self, voice: Voice) -> str:
        return "free" if self.rate == 0 else f"{rate(self.rate, voice)} per {self._unit()}"

    def rows(self, voice: Voice) -> tuple[Row, ...]:
        label = f"{self.type.capitalize()}s" if self.metric == "count" else _LABELS[GROUP_OF[self.metric].name]
        return (Row(label, money(self.rate, voice), f"per {self._unit()}"),)

    def _unit(self) -> str:
        return self.type if self.metric == "count" else one(self.metric)

    def _quantity(self, found: Quantity | None, call: Call) -> Quantity:
        if found is None:
            raise mismatch(self.type, self.metric, call)
        return found


def mismatch(kind: str, metric: str, call: Call) -> PricingError:
    """Return the error of a usage that has nothing in the dimension of a price."""
    group = GROUP_OF[metric]
    return PricingError(f"{kind} price needs a {group.name} metric ({group.examples}); {usage_had(call.amounts)}")


def read(fields: Fields) -> Price:
    fields.common()
    amount = fields.decimal("price")
    return UnitPrice(
        type=fields.type,
        given=amount,
        description=fields.description,
        rate=amount,
        metric=_METRIC[fields.type],
    )


KINDS = dict.fromkeys(_METRIC, read)
