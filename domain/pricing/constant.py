"""A fixed price: per request on a list price, per billing period in a payout, an amount off in a promotion."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.pricing.answers import Effective, Nominal, Row, Span, Trace, Voice
from domain.pricing.call import Call
from domain.pricing.decimals import written
from domain.pricing.effective import REQUEST, unless_byok
from domain.pricing.price import Price
from domain.pricing.reading import Fields
from domain.pricing.words import money


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantPrice(Price):
    """The same amount whatever the usage."""

    amount: Decimal

    def cost(self, call: Call) -> Decimal:
        return self.amount

    def trace(self, call: Call) -> Trace:
        return Trace(self.type, written(self.amount), self.amount)

    def span(self, box: Call) -> Span:
        return Span(self.amount, self.amount, sure=True)

    def missing(self, call: Call) -> frozenset[str]:
        return frozenset()

    def derived_nominal(self) -> Nominal | None:
        return Nominal(written(self.amount), self.amount)

    def effective(self) -> Effective | None:
        return unless_byok(Effective(self.amount, REQUEST), self.description)

    def words(self, voice: Voice) -> str:
        return "free" if self.amount == 0 else f"{money(self.amount, voice)} per {voice.constant_per}"

    def rows(self, voice: Voice) -> tuple[Row, ...]:
        return (Row("Fixed", money(self.amount, voice), f"per {voice.constant_per}"),)


def read(fields: Fields) -> Price:
    fields.common()
    amount = fields.decimal("price")
    return ConstantPrice(type=fields.type, given=amount, description=fields.description, amount=amount)


KINDS = {"constant": read}
