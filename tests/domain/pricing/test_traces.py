"""The formula that a charge keeps, and the metrics that were missing."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from domain import pricing
from domain.pricing.decimals import plain
from tests.domain.pricing.generated import Generator

TOKENS = {"type": "one_million_tokens", "input": "3", "cached_input": "0.30", "output": "15"}
IMAGE = {"type": "image", "price": "0.05"}
SECOND = {"type": "one_second", "price": "0.010"}
FEE = {"type": "constant", "price": "0.001"}


class TestTrace:
    @pytest.mark.parametrize(
        ("price", "given", "formula", "cost"),
        [
            (
                TOKENS,
                {"input_tokens": 1000, "cached_input_tokens": 400, "output_tokens": 10},
                "(1000 x 3 + 400 x 0.30 + 10 x 15) / 1000000",
                "0.00327",
            ),
            (TOKENS, {}, "(0 x 3) / 1000000", "0"),
            ({"type": "one_token", "price": "2"}, {"input_tokens": 2, "output_tokens": 3}, "5 x 2", "10"),
            (SECOND, {"one_minute": 0.5}, "30 x 0.010", "0.3"),
            ({"type": "one_kilobyte", "price": "2"}, {"bytes_out": 512}, "512 / 1024 x 2", "1"),
            ({"type": "one_kilobyte", "price": "2"}, {"one_megabyte": 1}, "1024 x 2", "2048"),
            (FEE, {}, "0.001", "0.001"),
            ({"type": "add", "prices": [IMAGE, FEE]}, {"count": 2}, "0.1 + 0.001", "0.101"),
            ({"type": "multiply", "factor": "0.70", "base": IMAGE}, {"count": 2}, "0.1 x 0.70", "0.07"),
            ({"type": "max", "prices": [IMAGE, SECOND, FEE]}, {"seconds": 5}, "max(skipped, 0.05, 0.001)", "0.05"),
            ({"type": "first", "prices": [IMAGE, SECOND, FEE]}, {"seconds": 5}, "first(skipped, 0.05)", "0.05"),
            (
                {
                    "type": "tiered",
                    "based_on": "count * 2",
                    "tiers": [{"up_to": 10, "price": FEE}, {"up_to": None, "price": IMAGE}],
                },
                {"count": 4},
                "count * 2 = 8: tier up to 10",
                "0.001",
            ),
            (
                {
                    "type": "graduated",
                    "based_on": "count",
                    "tiers": [{"up_to": 1000, "unit_price": "0.01"}, {"up_to": None, "unit_price": "0.008"}],
                },
                {"count": 5000},
                "1000 x 0.01 + 4000 x 0.008",
                "42",
            ),
            ({"type": "channel", "default": "a", "channels": {"a": FEE, "b": IMAGE}}, {}, "channel a", "0.001"),
        ],
    )
    def test_shows_the_arithmetic(self, price, given, formula, cost):
        found = pricing.trace(price, given).to_json()

        assert (found["type"], found["formula"], found["cost"]) == (price["type"], formula, cost)

    def test_of_payouts_shows_their_numbers(self):
        share = pricing.trace({"type": "revenue_share", "percentage": "85.50"}, {}, customer_charge=Decimal("100.0"))
        expr = pricing.trace({"type": "expr", "expr": " count * 2 "}, {"count": 3})

        assert share.to_json() == {"type": "revenue_share", "formula": "100 x 85.50 / 100", "cost": "85.5"}
        assert expr.to_json() == {"type": "expr", "formula": "count * 2", "cost": "6"}

    def test_keeps_the_parts(self):
        price = {"type": "add", "prices": [{"type": "multiply", "factor": "2", "base": IMAGE}, FEE]}

        assert pricing.trace(price, {"count": 1}).to_json() == {
            "type": "add",
            "formula": "0.1 + 0.001",
            "cost": "0.101",
            "children": [
                {
                    "type": "multiply",
                    "formula": "0.05 x 2",
                    "cost": "0.1",
                    "children": [{"type": "image", "formula": "1 x 0.05", "cost": "0.05"}],
                },
                {"type": "constant", "formula": "0.001", "cost": "0.001"},
            ],
        }

    @pytest.mark.parametrize("fifty", range(8))
    def test_agrees_with_the_cost_and_is_json(self, fifty):
        for seed in range(fifty * 50, fifty * 50 + 50):
            self.check(Generator(seed))

    def check(self, generator: Generator) -> None:
        price, usage = generator.price(), generator.usage()
        facts = {"request_count": 5, "customer_charge": Decimal("1.5")}
        try:
            cost = pricing.cost(price, usage, **facts)
        except pricing.PricingError as error:
            with pytest.raises(pricing.PricingError) as caught:
                pricing.trace(price, usage, **facts)
            assert str(caught.value) == str(error)
            return
        trace = pricing.trace(price, usage, **facts)
        document = json.loads(json.dumps(trace.to_json()))

        assert (trace.cost, document["cost"]) == (cost, plain(cost)), (price, usage)
        assert "E" not in document["cost"]


class TestMetrics:
    @pytest.mark.parametrize(
        ("price", "metrics"),
        [
            (TOKENS, {"input_tokens", "cached_input_tokens", "output_tokens"}),
            ({"type": "one_token", "price": "1"}, {"input_tokens", "output_tokens"}),
            (SECOND, {"one_second"}),
            (IMAGE, {"count"}),
            (FEE, set()),
            ({"type": "one_byte", "price": "1"}, {"bytes_out"}),
            ({"type": "one_byte", "price": "1", "based_on": "bytes_total"}, {"bytes_in", "bytes_out"}),
            ({"type": "add", "prices": [IMAGE, SECOND, FEE]}, {"count", "one_second"}),
            (
                {"type": "tiered", "based_on": "count + request_count", "tiers": [{"up_to": None, "price": SECOND}]},
                {"count", "request_count", "one_second"},
            ),
            ({"type": "revenue_share", "percentage": "5"}, {"customer_charge"}),
        ],
    )
    def test_are_all_that_can_take_part(self, price, metrics):
        assert pricing.metrics(price) == metrics


class TestMissingMetrics:
    @pytest.mark.parametrize(
        ("price", "usage", "missing"),
        [
            # any counter of tokens will do
            (TOKENS, {"output_tokens": 5}, set()),
            (TOKENS, {"total_tokens": 0}, set()),
            (TOKENS, {"one_thousand_tokens": 1}, set()),
            (TOKENS, {"seconds": 5}, {"input_tokens", "cached_input_tokens", "output_tokens"}),
            (IMAGE, {"images_generated": 1}, set()),
            (IMAGE, {"seconds": 1}, {"count"}),
            ({"type": "one_byte", "price": "1"}, {"bytes_in": 1}, {"bytes_out"}),
            ({"type": "one_byte", "price": "1"}, {"one_megabyte": 1}, set()),
            (FEE, {}, set()),
            (
                {"type": "add", "prices": [TOKENS, FEE]},
                {"count": 1},
                {"input_tokens", "cached_input_tokens", "output_tokens"},
            ),
            ({"type": "multiply", "factor": "2", "base": IMAGE}, {}, {"count"}),
            # only the deciding part counts
            ({"type": "first", "prices": [IMAGE, SECOND]}, {"seconds": 1}, set()),
            (
                {"type": "min", "prices": [TOKENS, IMAGE]},
                {"count": 1},
                {"input_tokens", "cached_input_tokens", "output_tokens"},
            ),
            ({"type": "max", "prices": [TOKENS, IMAGE]}, {"count": 1}, set()),
            ({"type": "max", "prices": [SECOND, IMAGE]}, {}, {"count", "one_second"}),
            (
                {
                    "type": "graduated",
                    "based_on": "input_tokens + count",
                    "tiers": [{"up_to": None, "unit_price": "1"}],
                },
                {"count": 1},
                {"input_tokens"},
            ),
            (
                {"type": "tiered", "based_on": "request_count", "tiers": [{"up_to": None, "price": IMAGE}]},
                {},
                {"request_count", "count"},
            ),
            ({"type": "tiered", "based_on": "one_hour", "tiers": [{"up_to": None, "price": FEE}]}, {}, {"one_hour"}),
            ({"type": "channel", "default": "a", "channels": {"a": FEE, "b": IMAGE}}, {}, set()),
            ({"type": "revenue_share", "percentage": "5"}, {}, {"customer_charge"}),
        ],
    )
    def test_are_those_whose_absence_shaped_the_cost(self, price, usage, missing):
        assert pricing.missing_metrics(price, usage) == missing

    def test_follow_the_channel(self):
        price = {"type": "channel", "default": "a", "channels": {"a": FEE, "b": IMAGE}}

        assert pricing.missing_metrics(price, {}, channel="b") == {"count"}
