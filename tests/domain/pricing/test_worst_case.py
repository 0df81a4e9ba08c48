"""What a call holds beforehand is never less than what it can cost, and exact where the cost only rises."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest

from domain import pricing
from tests.domain.pricing.generated import CHANNELS, FRACTION_METRICS, WHOLE_METRICS, Generator

TOKENS = {"type": "one_million_tokens", "input": "3", "output": "15"}
SECOND = {"type": "one_second", "price": "0.10"}
IMAGE = {"type": "image", "price": "0.05"}
CAP = {"type": "constant", "price": "100"}
CHANNEL = {
    "type": "channel",
    "default": "byok",
    "channels": {"managed": TOKENS, "byok": {"type": "constant", "price": "0"}},
}


def tiers(*rows, key="unit_price"):
    return [{"up_to": limit, key: price} for limit, price in rows]


def less(bounds: dict[str, int], random: Random) -> dict[str, object]:
    """Return a usage within the bounds: some metrics absent, some at their bound, some anywhere below."""
    usage: dict[str, object] = {}
    for name, bound in bounds.items():
        amount = random.choice((None, 0, bound, random.randint(0, bound)))
        if amount is not None:
            usage[name] = amount
    return usage


def outcome(compute, usage, options) -> Decimal | str:
    """Return the amount, or the sentence of the error."""
    try:
        return compute(usage, **options)
    except pricing.PricingError as error:
        return str(error)


class TestWorstCase:
    @pytest.mark.parametrize(
        ("price", "max_usage", "expected"),
        [
            (TOKENS, {"input_tokens": 1000, "output_tokens": 500}, "0.0105"),
            (TOKENS, {"input_tokens": 1000, "output_tokens": 500, "total_tokens": 1500}, "0.0105"),
            (TOKENS, {"total_tokens": 10_000, "output_tokens": 500}, "0.03"),
            (TOKENS, {"one_thousand_tokens": 2}, "0.006"),
            (TOKENS, {}, "0"),
            ({**TOKENS, "cached_input": "5"}, {"input_tokens": 1000, "cached_input_tokens": 1000}, "0.008"),
            ({"type": "constant", "price": "0.01"}, {"input_tokens": 10**9}, "0.01"),
            ({"type": "constant", "price": "-5"}, {}, "0"),
            ({**TOKENS, "input": "-3"}, {"input_tokens": 10**6, "output_tokens": 10**6}, "15"),
            (SECOND, {"seconds": 60}, "6"),
            # the largest of several units, whichever will be reported
            (SECOND, {"seconds": 60, "one_minute": 5}, "30"),
            ({"type": "one_byte", "price": "1"}, {"bytes_out": 10, "one_kilobyte": 1}, "1024"),
            ({"type": "one_byte", "price": "1", "based_on": "bytes_total"}, {"bytes_out": 10, "bytes_in": 5}, "15"),
            ({"type": "add", "prices": [TOKENS, CAP]}, {"input_tokens": 10**6}, "103"),
            ({"type": "multiply", "factor": "0.5", "base": TOKENS}, {"input_tokens": 10**6}, "1.5"),
            ({"type": "multiply", "factor": "-1", "base": TOKENS}, {"input_tokens": 10**6}, "0"),
            ({"type": "multiply", "factor": "-1", "base": {**TOKENS, "input": "-3"}}, {"input_tokens": 10**6}, "3"),
            ({"type": "max", "prices": [IMAGE, SECOND]}, {"count": 4, "seconds": 1}, "0.2"),
            # a cap holds, but seconds may turn out missing and then the cap itself is the price
            ({"type": "min", "prices": [SECOND, CAP]}, {"seconds": 5000}, "100"),
            ({"type": "min", "prices": [SECOND, CAP]}, {"seconds": 10}, "100"),
            ({"type": "min", "prices": [TOKENS, CAP]}, {"input_tokens": 1000}, "0.003"),
            # first: any part up to the first that never fails
            ({"type": "first", "prices": [SECOND, IMAGE, CAP]}, {"seconds": 1, "count": 3}, "100"),
            ({"type": "first", "prices": [SECOND, TOKENS, CAP]}, {"seconds": 1, "input_tokens": 10**6}, "3"),
            ({"type": "first", "prices": [SECOND, IMAGE]}, {"count": 3}, "0.15"),
            # a fixed price per tier: the dearest tier within reach, also below the bound
            (
                {
                    "type": "tiered",
                    "based_on": "input_tokens",
                    "tiers": tiers(
                        (10, {"type": "constant", "price": "7"}),
                        (100, {"type": "constant", "price": "2"}),
                        (None, CAP),
                        key="price",
                    ),
                },
                {"input_tokens": 100},
                "7",
            ),
            (
                {"type": "graduated", "based_on": "count", "tiers": tiers((10, "1"), (None, "0.5"))},
                {"count": 20},
                "15",
            ),
            # a discount beyond a limit: the peak is at the limit
            ({"type": "graduated", "based_on": "count", "tiers": tiers((10, "1"), (None, "-1"))}, {"count": 20}, "10"),
            ({"type": "expr", "expr": "10 - count * 2"}, {"count": 3}, "10"),
            ({"type": "expr", "expr": "count * (count - 10)"}, {"count": 4}, "0"),
            ({"type": "expr", "expr": "count / (1 + 1)"}, {"count": 4}, "2"),
        ],
    )
    def test_is(self, price, max_usage, expected):
        assert pricing.worst_case(price, max_usage=max_usage) == Decimal(expected)

    @pytest.mark.parametrize(
        ("channel", "expected"), [("managed", "3"), ("byok", "0"), ("elsewhere", "0"), (None, "3")]
    )
    def test_is_that_of_the_channel_or_of_the_dearest(self, channel, expected):
        assert pricing.worst_case(CHANNEL, max_usage={"input_tokens": 10**6}, channel=channel) == Decimal(expected)

    @pytest.mark.parametrize("price", [SECOND, IMAGE, {"type": "max", "prices": [SECOND, IMAGE]}])
    def test_is_an_error_when_nothing_could_be_priced(self, price):
        with pytest.raises(pricing.PricingError, match="price needs a"):
            pricing.worst_case(price, max_usage={"input_tokens": 5})

    def test_is_an_error_when_nothing_limits_the_cost(self):
        price = {"type": "graduated", "based_on": "input_tokens / output_tokens", "tiers": tiers((None, "1"))}

        for whole in (price, {"type": "max", "prices": [CAP, price]}, {"type": "add", "prices": [CAP, price]}):
            with pytest.raises(pricing.PricingError, match="nothing limits the cost"):
                pricing.worst_case(whole, max_usage={"input_tokens": 5, "output_tokens": 5})

    def test_a_cap_or_a_factor_of_0_limits_what_nothing_else_does(self):
        price = {"type": "graduated", "based_on": "input_tokens / output_tokens", "tiers": tiers((None, "1"))}
        capped = {"type": "min", "prices": [price, CAP]}
        free = {"type": "multiply", "factor": "0", "base": price}

        assert pricing.worst_case(capped, max_usage={"input_tokens": 5, "output_tokens": 5}) == 100
        assert pricing.worst_case(free, max_usage={"input_tokens": 5, "output_tokens": 5}) == 0

    def test_a_division_without_limit_reaches_every_tier(self):
        rows = tiers((1, {"type": "constant", "price": "1"}), (None, {"type": "constant", "price": "2"}), key="price")
        price = {"type": "tiered", "based_on": "input_tokens / output_tokens", "tiers": rows}

        assert pricing.worst_case(price, max_usage={"input_tokens": 1, "output_tokens": 5}) == 2


class TestBound:
    @pytest.mark.parametrize("hundred", range(30))
    def test_no_usage_within_the_bounds_costs_more(self, hundred):
        for seed in range(hundred * 100, hundred * 100 + 100):
            self.check(Generator(seed))

    def check(self, generator: Generator) -> None:
        price, random = generator.price(depth=4), generator.random
        names = random.sample((*WHOLE_METRICS, *FRACTION_METRICS), random.randint(0, 12))
        bounds = {name: random.choice((0, 3, 60, 5_000)) for name in names}
        options = {
            "request_count": random.choice((None, 0, 5_000)),
            "customer_charge": random.choice((None, Decimal("12.34"))),
            "channel": random.choice((None, "elsewhere", *CHANNELS)),
        }
        compiled = pricing.compile(price)
        bound = outcome(compiled.worst_case, bounds, options)
        for _ in range(10):
            usage = less(bounds, random)
            cost = outcome(compiled.cost, usage, options)
            if isinstance(bound, Decimal) and isinstance(cost, Decimal):
                assert cost <= bound + abs(bound) * Decimal("1E-25"), (price, bounds, usage)
            elif "price needs" in str(bound):
                assert isinstance(cost, str), (price, bounds, usage)

    @pytest.mark.parametrize("seed", range(20))
    def test_is_the_cost_itself_for_rising_prices(self, seed):
        generator = Generator(seed, payout=False)
        price = {"type": "add", "prices": [generator.token_price(), {"type": "constant", "price": generator.decimal()}]}
        usage = {
            "input_tokens": generator.random.randint(0, 10**6),
            "output_tokens": generator.random.randint(0, 10**6),
        }

        assert pricing.worst_case(price, max_usage=usage) == pricing.cost(price, usage)
