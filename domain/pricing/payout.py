"""Prices for payouts only: a share of the customer's charge, and free arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.pricing.answers import UNLIMITED, Effective, Nominal, Row, Span, Trace, Voice
from domain.pricing.call import Call
from domain.pricing.decimals import plain, written
from domain.pricing.errors import PricingError
from domain.pricing.expressions import Expression
from domain.pricing.price import Price
from domain.pricing.reading import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class RevenueShare(Price):
    """percentage: of the customer's net charge, 0 to 100."""

    percentage: Decimal

    def cost(self, call: Call) -> Decimal:
        return self._charge(call) * self.percentage / 100

    def trace(self, call: Call) -> Trace:
        return Trace(self.type, f"{plain(self._charge(call))} x {written(self.percentage)} / 100", self.cost(call))

    def span(self, box: Call) -> Span:
        cost = self.cost(box)
        return Span(cost, cost, sure=True)

    def own_needs(self) -> frozenset[str]:
        return frozenset({"customer_charge"})

    def missing(self, call: Call) -> frozenset[str]:
        return self.own_needs() if call.customer_charge is None else frozenset()

    def derived_nominal(self) -> Nominal | None:
        return None

    def effective(self) -> Effective | None:
        return None

    def words(self, voice: Voice) -> str:
        return f"{plain(self.percentage)} % of what the customer pays"

    def rows(self, voice: Voice) -> tuple[Row, ...]:
        return (Row("Revenue share", f"{plain(self.percentage)} %", "of what the customer pays"),)

    def _charge(self, call: Call) -> Decimal:
        if call.customer_charge is None:
            raise PricingError("revenue_share price needs 'customer_charge', what the customer paid for the same usage")
        return call.customer_charge


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionPrice(Price):
    """The value of an expression, in the price's currency."""

    expression: Expression

    def cost(self, call: Call) -> Decimal:
        return self.expression.value(call)

    def trace(self, call: Call) -> Trace:
        return Trace(self.type, self.expression.text, self.cost(call))

    def span(self, box: Call) -> Span:
        values = self.expression.range(box)
        return UNLIMITED if values is None else Span(*values)

    def own_needs(self) -> frozenset[str]:
        return frozenset(self.expression.names)

    def missing(self, call: Call) -> frozenset[str]:
        return self.expression.missing(call)

    def derived_nominal(self) -> Nominal | None:
        return None

    def effective(self) -> Effective | None:
        return None

    def words(self, voice: Voice) -> str:
        return f"computed as {self.expression.text}, in {voice.currency}"

    def rows(self, voice: Voice) -> tuple[Row, ...]:
        return (Row("Computed", self.expression.text, f"in {voice.currency}"),)


def read_revenue_share(fields: Fields) -> Price:
    fields.common()
    fields.payout_only()
    given = fields.optional_decimal("price")
    percentage = fields.decimal("percentage")
    if not 0 <= percentage <= 100:
        fields.report(f"must be between 0 and 100, got '{written(percentage)}'", "percentage")
    return RevenueShare(type="revenue_share", given=given, description=fields.description, percentage=percentage)


def read_expr(fields: Fields) -> Price:
    fields.common()
    fields.payout_only()
    given = fields.optional_decimal("price")
    expression = fields.expression("expr")
    return ExpressionPrice(type="expr", given=given, description=fields.description, expression=expression)


KINDS = {"revenue_share": read_revenue_share, "expr": read_expr}
