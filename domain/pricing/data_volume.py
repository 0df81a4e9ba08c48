"""Prices per volume of data: the byte counter the price names, else a unit of the data group."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.pricing.answers import Effective, Nominal, Row, Span, Trace, Voice
from domain.pricing.call import Call
from domain.pricing.decimals import ZERO, plain, written
from domain.pricing.effective import per_unit
from domain.pricing.errors import quoted
from domain.pricing.price import Price
from domain.pricing.reading import Fields
from domain.pricing.units import mismatch
from domain.pricing.usage_metrics import GROUP_OF, Amounts, Quantity, most, resolve
from domain.pricing.words import money, one, rate

_TYPES = ("one_byte", "one_kilobyte", "one_megabyte", "one_gigabyte")
#: `based_on` -> the counters it adds up, and how a table calls them
_COUNTERS = {"bytes_out": ("bytes_out",), "bytes_in": ("bytes_in",), "bytes_total": ("bytes_in", "bytes_out")}
_LABELS = {"bytes_out": "Data sent", "bytes_in": "Data received", "bytes_total": "Data in both directions"}
_WORDS = {"bytes_out": "sent", "bytes_in": "received", "bytes_total": "in both directions"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPrice(Price):
    """A rate times a volume. bytes_per_unit: binary, 1 KB is 1024 bytes."""

    rate: Decimal
    based_on: str
    bytes_per_unit: Decimal

    def cost(self, call: Call) -> Decimal:
        return self.rate * self._volume(call)

    def trace(self, call: Call) -> Trace:
        counted = self._bytes(call.amounts)
        quantity = plain(Decimal(self._volume(call))) if counted is None else f"{counted} / {self.bytes_per_unit}"
        return Trace(self.type, f"{quantity} x {written(self.rate)}", self.cost(call))

    def span(self, box: Call) -> Span:
        """The counter or a unit of the group may carry the volume: the larger one bounds it."""
        counted, other = self._bytes(box.amounts), most(self.type, box.amounts)
        ways = [counted / self.bytes_per_unit] if counted is not None else []
        ways += [Decimal(other)] if other is not None else []
        if not ways:
            raise mismatch(self.type, self.type, box)
        cost = self.rate * max(ways)
        return Span(min(cost, ZERO), max(cost, ZERO), sure=False)

    def own_needs(self) -> frozenset[str]:
        return frozenset(_COUNTERS[self.based_on])

    def missing(self, call: Call) -> frozenset[str]:
        found = self._bytes(call.amounts) is not None or resolve(self.type, call.amounts) is not None
        return frozenset() if found else self.own_needs()

    def derived_nominal(self) -> Nominal | None:
        return Nominal(written(self.rate), self.rate)

    def effective(self) -> Effective | None:
        return per_unit(self.type, self.rate)

    def words(self, voice: Voice) -> str:
        if self.rate == 0:
            return "free"
        return f"{rate(self.rate, voice)} per {one(self.type)} {_WORDS[self.based_on]}"

    def rows(self, voice: Voice) -> tuple[Row, ...]:
        return (Row(_LABELS[self.based_on], money(self.rate, voice), f"per {one(self.type)}"),)

    def _volume(self, call: Call) -> Quantity:
        counted = self._bytes(call.amounts)
        if counted is not None:
            return counted / self.bytes_per_unit
        found = resolve(self.type, call.amounts)
        if found is None:
            raise mismatch(self.type, self.type, call)
        return found

    def _bytes(self, amounts: Amounts) -> Quantity | None:
        found = [amounts[name] for name in _COUNTERS[self.based_on] if name in amounts]
        return sum(found) if found else None


def read(fields: Fields) -> Price:
    fields.common()
    amount = fields.decimal("price")
    based_on = fields.text("based_on") or "bytes_out"
    if based_on not in _COUNTERS:
        fields.report(f"must be one of {', '.join(_COUNTERS)}, got {quoted(based_on)}", "based_on")
        based_on = "bytes_out"
    return DataPrice(
        type=fields.type,
        given=amount,
        description=fields.description,
        rate=amount,
        based_on=based_on,
        bytes_per_unit=Decimal(GROUP_OF[fields.type].factors[fields.type]),
    )


KINDS = dict.fromkeys(_TYPES, read)
