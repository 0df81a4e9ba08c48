"""Token prices: one rate for all tokens, or separate rates for input, cached input and output."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from domain.pricing.answers import Effective, Nominal, Row, Span, Trace, Voice
from domain.pricing.call import Call
from domain.pricing.decimals import ARITHMETIC, EXACT, ZERO, written
from domain.pricing.effective import blend, per_unit, unless_byok
from domain.pricing.price import Price
from domain.pricing.reading import Fields
from domain.pricing.usage_metrics import GROUP_OF, TOKEN_COUNTERS, Amounts, Quantity, most, resolve
from domain.pricing.words import joined, money, rate

_DIVISORS = {"one_million_tokens": 6, "one_thousand_tokens": 3, "one_token": 0}
_SCALES = {"one_million_tokens": "1 million ", "one_thousand_tokens": "1,000 ", "one_token": ""}
_CENT = Decimal("0.01")
#: Units in which a usage may tell all its tokens as one number.
_UNITS = frozenset(GROUP_OF["one_token"].factors)

#: Tokens in (not cached), cached and out.
Counts = tuple[Quantity, Quantity, Quantity]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPrice(Price):
    """Rates as written, per unit of the type; the same rates per single token, ready to multiply.

    is_rising: more tokens never cost less.
    """

    is_separate: bool
    input: Decimal
    cached_input: Decimal | None
    output: Decimal
    per_input: Decimal
    per_cached: Decimal
    per_output: Decimal
    is_rising: bool

    def cost(self, call: Call) -> Decimal:
        return self._price(token_counts(call.amounts))

    def trace(self, call: Call) -> Trace:
        tokens_in, cached, out = token_counts(call.amounts)
        if self.is_separate:
            cached_rate = self.input if self.cached_input is None else self.cached_input
            terms = [(tokens_in, self.input), (cached, cached_rate), (out, self.output)]
            formula = " + ".join(f"{n} x {written(r)}" for n, r in [t for t in terms if t[0]] or terms[:1])
        else:
            formula = f"{tokens_in + cached + out} x {written(self.input)}"
        divisor = 10 ** _DIVISORS[self.type]
        return Trace(self.type, f"({formula}) / {divisor}" if divisor > 1 else formula, self.cost(call))

    def span(self, box: Call) -> Span:
        """Token prices never fail. The ways to report tokens are alternatives: each one has its own corner."""
        ways = _ways(box.amounts)
        if self.is_rising:
            return Span(ZERO, max(map(self._price, ways)), sure=True)
        corners = [self._corners(way) for way in ways]
        return Span(min(low for low, _ in corners), max(high for _, high in corners), sure=True)

    def own_needs(self) -> frozenset[str]:
        needed = {"input_tokens", "output_tokens"}
        return frozenset(needed if self.cached_input is None else needed | {"cached_input_tokens"})

    def missing(self, call: Call) -> frozenset[str]:
        """No counter of tokens at all: the cost is 0 for want of a metric."""
        amounts = call.amounts
        if any(name in amounts for name in TOKEN_COUNTERS) or resolve("one_token", amounts) is not None:
            return frozenset()
        return self.own_needs()

    def derived_nominal(self) -> Nominal | None:
        amount = blend(self.input, self.output) if self.is_separate else self.input
        shown = amount.quantize(_CENT, rounding=ROUND_HALF_EVEN, context=ARITHMETIC) if self.is_separate else amount
        return Nominal(written(shown), amount)

    def effective(self) -> Effective | None:
        amount = blend(self.input, self.output) if self.is_separate else self.input
        return unless_byok(per_unit(self.type, amount), self.description)

    def words(self, voice: Voice) -> str:
        rates = self._rates()
        if all(amount == 0 for _, amount in rates):
            return "free"
        return joined([f"{rate(amount, voice)} per {self._unit(label)}" for label, amount in rates], "and")

    def rows(self, voice: Voice) -> tuple[Row, ...]:
        unit = f"per {self._unit('tokens')}"
        return tuple(Row(label.capitalize(), money(amount, voice), unit) for label, amount in self._rates())

    def _unit(self, label: str) -> str:
        return _SCALES[self.type] + label if _SCALES[self.type] else label.removesuffix("s")

    def _rates(self) -> list[tuple[str, Decimal]]:
        if not self.is_separate:
            return [("tokens", self.input)]
        cached = [] if self.cached_input is None else [("cached input tokens", self.cached_input)]
        return [("input tokens", self.input), *cached, ("output tokens", self.output)]

    def _corners(self, counts: Counts) -> tuple[Decimal, Decimal]:
        """Return the lowest and the highest cost of at most these counts."""
        tokens_in, cached, out = counts
        terms = (self.per_input * tokens_in, self.per_cached * cached, self.per_output * out)
        high = ZERO
        low = ZERO
        for term in terms:
            if term > 0:
                high += term
            else:
                low += term
        return low, high

    def _price(self, counts: Counts) -> Decimal:
        tokens_in, cached, out = counts
        total = self.per_input * tokens_in
        if cached:
            total += self.per_cached * cached
        return total + self.per_output * out


def token_counts(amounts: Amounts) -> Counts:
    """Return the tokens in, cached and out that a usage is charged for (the table in docs/algorithms/pricing.md)."""
    tokens_in = amounts.get("input_tokens")
    cached = amounts.get("cached_input_tokens", 0)
    if tokens_in is not None:
        return tokens_in, cached, amounts.get("output_tokens", 0)
    total = amounts.get("total_tokens")
    if total is not None:
        return total, cached, 0
    if "output_tokens" in amounts or "cached_input_tokens" in amounts:
        return 0, cached, amounts.get("output_tokens", 0)
    return resolve("one_token", amounts) or 0, 0, 0


def _ways(bounds: Amounts) -> list[Counts]:
    """Return the largest counts for each way in which a usage can report its tokens."""
    cached, out = bounds.get("cached_input_tokens", 0), bounds.get("output_tokens", 0)
    ways: list[Counts] = [(bounds.get("input_tokens", 0), cached, out)]
    if "total_tokens" in bounds:
        ways.append((bounds["total_tokens"], cached, 0))
    if not _UNITS.isdisjoint(bounds) and (scaled := most("one_token", bounds)) is not None:
        ways.append((scaled, 0, 0))
    return ways


def read(fields: Fields) -> Price:
    """Read `price`, or `input` and `output` with an optional `cached_input`."""
    fields.common()
    given = fields.optional_decimal("price", empty_is_absent=True)
    has_input, has_output = fields.has("input"), fields.has("output")
    rate_in = fields.optional_decimal("input", empty_is_absent=True)
    rate_out = fields.optional_decimal("output", empty_is_absent=True)
    cached = fields.optional_decimal("cached_input", empty_is_absent=True)
    if has_input != has_output:
        fields.report("Both 'input' and 'output' must be specified for separate pricing")
    elif not has_input and not fields.has("price"):
        fields.report("give either 'price' (one rate) or 'input' and 'output'")
    elif not has_input and cached is not None:
        fields.warn("'cached_input' is used only beside 'input' and 'output'; 'price' covers cached tokens too")
    if rate_in is None or rate_out is None:
        rate_in = rate_out = ZERO if given is None else given
        cached = None
    shift = -_DIVISORS[fields.type]
    per_input, per_output = rate_in.scaleb(shift, context=EXACT), rate_out.scaleb(shift, context=EXACT)
    per_cached = per_input if cached is None else cached.scaleb(shift, context=EXACT)
    return TokenPrice(
        type=fields.type,
        given=given,
        description=fields.description,
        is_separate=has_input and has_output,
        input=rate_in,
        cached_input=cached,
        output=rate_out,
        per_input=per_input,
        per_cached=per_cached,
        per_output=per_output,
        is_rising=min(per_input, per_cached, per_output) >= 0,
    )


KINDS = dict.fromkeys(_DIVISORS, read)
