"""A price made ready to compute: read once, evaluated many times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, getcontext, setcontext

from domain.money import rounded
from domain.pricing.answers import Trace
from domain.pricing.call import Call, read_call
from domain.pricing.decimals import ARITHMETIC, ZERO, arithmetic
from domain.pricing.errors import InvalidPrice, PricingError, Problem
from domain.pricing.normalising import normalise
from domain.pricing.price import Price
from domain.pricing.reading import Reading, Side
from domain.pricing.registry import KINDS
from domain.pricing.token_rates import TokenRates, token_rates

#: What the books can hold; a cost beyond it is an error and not a bill.
_LARGEST = Decimal(10) ** 18

Usage = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class CompiledPrice:
    """A price with all its decimals and expressions parsed. Safe to share between threads and tasks.

    Everything takes plain usage mappings and raises PricingError; amounts are not rounded, but by `bill`.
    needed: every metric that can take part in the cost, `request_count` and `customer_charge` included.
    rates: the same price in whole numbers, where it is one of tokens.
    """

    root: Price
    needed: frozenset[str]
    rates: TokenRates | None = None

    def cost(
        self,
        usage: Usage,
        *,
        request_count: int | None = None,
        customer_charge: Decimal | None = None,
        channel: str | None = None,
    ) -> Decimal:
        """Return the cost of a usage."""
        return self._cost(read_call(usage, request_count, customer_charge, channel))

    def cost_of_counted(self, usage: Mapping[str, int | Decimal], *, channel: str | None) -> Decimal:
        """Return `cost` of one request whose usage we have counted ourselves: known metrics, within what is possible.

        The gateway comes here for every call.
        """
        return self._cost(Call(usage, 1, None, channel))

    def _cost(self, call: Call) -> Decimal:
        outer = getcontext()
        setcontext(ARITHMETIC)
        try:
            return _billable(self.root.cost(call))
        finally:
            setcontext(outer)

    def bill(self, usage: Usage, *, channel: str | None = None) -> tuple[Decimal, bool]:
        """Return the cost of one request, rounded as the books are, and whether a missing metric shaped it: `cost` and
        `missing_metrics` in one.

        The settlement comes here for every call; the usage is read once.
        """
        call = read_call(usage, 1, None, channel)
        if self.rates is not None and (cost := self.rates.cost(call.amounts)) is not None:
            return cost, False  # input tokens were told
        outer = getcontext()
        setcontext(ARITHMETIC)
        try:
            exact, is_missing = _billable(self.root.cost(call)), bool(self.root.missing(call))
        finally:
            setcontext(outer)
        return rounded(exact), is_missing

    def worst_case(
        self,
        max_usage: Usage,
        *,
        request_count: int | None = None,
        customer_charge: Decimal | None = None,
        channel: str | None = None,
    ) -> Decimal:
        """Return the most that any usage can cost whose metrics are in `max_usage` and at most as large; at least 0.

        Metrics may also turn out absent. Without a channel the dearest channel counts.
        Raises: PricingError when no such usage can be priced, or when nothing limits the cost.
        """
        return self._most(read_call(max_usage, request_count, customer_charge, channel))

    def bound(self, max_usage: Mapping[str, int], *, channel: str | None) -> Decimal:
        """Return `worst_case` of bounds that we have counted ourselves: known metrics, whole, within what is possible.

        The gateway comes here for every call.
        """
        return self._most(Call(max_usage, None, None, channel))

    def _most(self, box: Call) -> Decimal:
        outer = getcontext()
        setcontext(ARITHMETIC)
        try:
            highest = self.root.span(box).high
            if highest < ZERO:
                highest = ZERO
            if not highest.is_finite():
                raise PricingError("nothing limits the cost: the price divides by an amount that may be 0")
            return _billable(highest)
        finally:
            setcontext(outer)

    def trace(
        self,
        usage: Usage,
        *,
        request_count: int | None = None,
        customer_charge: Decimal | None = None,
        channel: str | None = None,
    ) -> Trace:
        """Return the cost with the arithmetic behind it, as a charge stores it."""
        with arithmetic():
            return self.root.trace(read_call(usage, request_count, customer_charge, channel))

    def after_promotion(self, charge: Decimal, usage: Usage, *, channel: str | None = None) -> Decimal:
        """Return what is left of `charge` when this price is a promotion: between 0 and the charge.

        A factor without base multiplies the charge, a negative cost is an amount off, any other cost replaces it.
        """
        call = read_call(usage, 1, charge, channel)._replace(customer_charge=None, base=charge)
        with arithmetic():
            cost = self.root.cost(call)
            return max(min(cost if cost >= 0 else charge + cost, charge), ZERO)

    def needs(self) -> frozenset[str]:
        """Return `needed`."""
        return self.needed

    def missing_metrics(
        self,
        usage: Usage,
        *,
        request_count: int | None = None,
        customer_charge: Decimal | None = None,
        channel: str | None = None,
    ) -> frozenset[str]:
        """Return the metrics whose absence shaped the cost of this usage, such as tokens counted as 0."""
        with arithmetic():
            return self.root.missing(read_call(usage, request_count, customer_charge, channel))


def compile(price: Mapping[str, object]) -> CompiledPrice:
    """Read a stored price of any side and return it ready to compute.

    Raises: InvalidPrice with every error.
    """
    root, problems = read_price(price, side=None)
    errors = [problem for problem in problems if problem.is_error]
    if errors or root is None:
        raise InvalidPrice(errors)
    needed = frozenset[str]().union(*(part.own_needs() for part in root.parts()))
    return CompiledPrice(root, needed, token_rates(root))


def read_price(price: Mapping[str, object], *, side: Side | None) -> tuple[Price | None, list[Problem]]:
    """Return the price, unusable when there are errors among the problems, and all problems in reading order."""
    document, _, problems = normalise(price)
    reading = Reading(KINDS, side, problems)
    if any(problem.is_error for problem in problems) and not document:
        return None, problems
    with arithmetic():
        return reading.price(document), problems


def _billable(cost: Decimal) -> Decimal:
    """Check the size of a cost; adding 0 drops the sign of a negative zero."""
    if not -_LARGEST < cost < _LARGEST:
        raise PricingError("the cost is beyond 10^18 and cannot be billed; check the usage and the price")
    return cost + ZERO
