"""Sums, factors, extremes, tiers and channels."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain import pricing


def constant(amount):
    return {"type": "constant", "price": amount}


def tiered(*tiers, based_on="request_count"):
    return {"type": "tiered", "based_on": based_on, "tiers": [{"up_to": u, "price": constant(p)} for u, p in tiers]}


def graduated(*tiers, based_on="request_count"):
    return {"type": "graduated", "based_on": based_on, "tiers": [{"up_to": u, "unit_price": p} for u, p in tiers]}


IMAGE = {"type": "image", "price": "0.05"}
SECOND = {"type": "one_second", "price": "0.01"}
TOKENS = {"type": "one_million_tokens", "input": "1.00", "output": "2.00"}
VOLUME = tiered((1000, "10"), (10_000, "80"), (None, "500"))
SLICES = graduated((1000, "0.01"), (10_000, "0.008"), (None, "0.005"))


class TestAddAndMultiply:
    def test_add_sums_its_parts(self):
        price = {"type": "add", "prices": [TOKENS, constant("0.001")]}

        assert pricing.cost(price, {"input_tokens": 10**6}) == Decimal("1.001")

    def test_add_fails_with_its_first_failing_part(self):
        price = {"type": "add", "prices": [constant("1"), IMAGE, SECOND]}

        with pytest.raises(pricing.PricingError, match="image price needs"):
            pricing.cost(price, {})

    @pytest.mark.parametrize(("factor", "expected"), [("0.70", "2.10"), ("0", "0"), ("-1", "-3"), ("1.5", "4.5")])
    def test_multiply_scales_its_base(self, factor, expected):
        price = {"type": "multiply", "factor": factor, "base": TOKENS}

        assert pricing.cost(price, {"input_tokens": 10**6, "output_tokens": 10**6}) == Decimal(expected)

    def test_multiply_fails_with_its_base_also_for_a_factor_of_0(self):
        with pytest.raises(pricing.PricingError, match="image price needs"):
            pricing.cost({"type": "multiply", "factor": "0", "base": IMAGE}, {})


class TestMaxMinFirst:
    @pytest.mark.parametrize(
        ("kind", "prices", "usage", "expected"),
        [
            ("max", [IMAGE, SECOND], {"count": 1, "seconds": 10}, "0.10"),
            ("max", [IMAGE, SECOND], {"seconds": 30}, "0.30"),
            ("max", [IMAGE, SECOND], {"count": 3}, "0.15"),
            ("min", [{"type": "one_second", "price": "0.10"}, constant("100")], {"seconds": 5000}, "100"),
            ("min", [{"type": "one_second", "price": "0.10"}, constant("100")], {"seconds": 10}, "1"),
            ("min", [{"type": "one_second", "price": "0.10"}, constant("100")], {}, "100"),
            ("first", [SECOND, IMAGE], {"count": 1, "seconds": 10}, "0.10"),
            ("first", [SECOND, IMAGE], {"count": 2}, "0.10"),
            # the trap: token prices never fail, so nothing behind them is reached
            ("first", [TOKENS, IMAGE], {"count": 2}, "0"),
            ("min", [TOKENS, IMAGE], {"count": 2}, "0"),
        ],
    )
    def test_skip_what_cannot_price_the_usage(self, kind, prices, usage, expected):
        assert pricing.cost({"type": kind, "prices": prices}, usage) == Decimal(expected)

    @pytest.mark.parametrize("kind", ["max", "min", "first"])
    def test_fail_when_nothing_works(self, kind):
        with pytest.raises(pricing.PricingError) as caught:
            pricing.cost({"type": kind, "prices": [IMAGE, SECOND, IMAGE]}, {"input_tokens": 1})

        assert str(caught.value) == (
            f"none of the prices of '{kind}' can price this usage: "
            "image price needs a count metric (count, images_generated, …); usage had: input_tokens; "
            "one_second price needs a time metric (seconds, one_minute, …); usage had: input_tokens"
        )

    @pytest.mark.parametrize("kind", ["max", "min", "first"])
    def test_skip_a_division_by_zero(self, kind):
        price = {"type": kind, "prices": [{"type": "expr", "expr": "1 / count"}, constant("7")]}

        assert pricing.cost(price, {"count": 0}) == 7


class TestTiered:
    @pytest.mark.parametrize(
        ("requests", "expected"),
        [
            (None, "10"),
            (0, "10"),
            (500, "10"),
            (1000, "10"),
            (1001, "80"),
            (5000, "80"),
            (10_000, "80"),
            (10_001, "500"),
            (50_000, "500"),
        ],
    )
    def test_limits_are_inclusive(self, requests, expected):
        assert pricing.cost(VOLUME, {}, request_count=requests) == Decimal(expected)

    def test_fractions_between_limits_belong_to_the_next_tier(self):
        price = tiered((1000, "10"), (None, "80"), based_on="one_minute")

        assert pricing.cost(price, {"one_minute": 1000.5}) == 80
        assert pricing.cost(price, {"seconds": 60_000}) == 10

    def test_the_tier_prices_the_whole_usage(self):
        price = {
            "type": "tiered",
            "based_on": "input_tokens",
            "tiers": [
                {"up_to": 1000, "price": {"type": "one_thousand_tokens", "price": "2"}},
                {"up_to": None, "price": {"type": "one_thousand_tokens", "price": "1"}},
            ],
        }

        assert pricing.cost(price, {"input_tokens": 1000}) == 2
        assert pricing.cost(price, {"input_tokens": 3000}) == 3

    @pytest.mark.parametrize(("out", "expected"), [(1000, "1"), (2000, "10")])
    def test_can_be_based_on_an_expression(self, out, expected):
        price = tiered((10_000, "1"), (None, "10"), based_on="input_tokens + output_tokens * 4")

        assert pricing.cost(price, {"input_tokens": 5000, "output_tokens": out}) == Decimal(expected)

    def test_fails_when_its_unit_is_missing(self):
        with pytest.raises(pricing.PricingError) as caught:
            pricing.cost(tiered((None, "1"), based_on="one_minute"), {"count": 1})

        assert str(caught.value) == (
            "Metric 'one_minute' requires time data in usage (one of: seconds, duration_seconds, one_second, "
            "one_minute, one_hour, one_day, one_month); usage had: count"
        )

    @pytest.mark.parametrize("metric", ["input_tokens", "bytes_out", "customer_charge", "request_count"])
    def test_other_metrics_count_0_when_missing(self, metric):
        assert pricing.cost(tiered((0, "1"), (None, "2"), based_on=metric), {}) == 1

    def test_can_be_based_on_the_customers_charge(self):
        price = tiered((100, "1"), (None, "2"), based_on="customer_charge")

        assert pricing.cost(price, {}, customer_charge=Decimal("100.01")) == 2


class TestGraduated:
    @pytest.mark.parametrize(
        ("requests", "expected"),
        [(0, "0"), (1, "0.01"), (1000, "10"), (1001, "10.008"), (5000, "42"), (10_000, "82"), (10_001, "82.005")],
    )
    def test_each_slice_pays_its_own_rate(self, requests, expected):
        assert pricing.cost(SLICES, {}, request_count=requests) == Decimal(expected)

    def test_converts_its_unit(self):
        price = graduated((60, "0"), (None, "0.10"), based_on="one_minute")

        assert pricing.cost(price, {"one_hour": 2}) == 6

    def test_fractions_are_paid_pro_rata(self):
        assert pricing.cost(graduated((1, "2"), (None, "1"), based_on="one_hour"), {"one_minute": 90}) == Decimal("2.5")

    @pytest.mark.parametrize("expression", ["0 - 5", "input_tokens - 10", "-count"])
    def test_nothing_or_less_costs_0(self, expression):
        assert pricing.cost(graduated((None, "3"), based_on=expression), {"count": 4}) == 0

    def test_a_first_limit_of_0_is_an_empty_slice(self):
        assert pricing.cost(graduated((0, "100"), (None, "1"), based_on="count"), {"count": 5}) == 5


class TestChannel:
    PRICE = {
        "type": "channel",
        "default": "managed",
        "channels": {"managed": TOKENS, "byok": constant("0"), "images": IMAGE},
    }

    @pytest.mark.parametrize(
        ("channel", "expected"), [("managed", "1"), ("byok", "0"), (None, "1"), ("elsewhere", "1")]
    )
    def test_the_channel_of_the_request_decides(self, channel, expected):
        assert pricing.cost(self.PRICE, {"input_tokens": 10**6}, channel=channel) == Decimal(expected)

    def test_only_the_chosen_price_is_evaluated(self):
        with pytest.raises(pricing.PricingError, match="image price needs"):
            pricing.cost(self.PRICE, {"input_tokens": 1}, channel="images")

    def test_the_facts_of_the_call_reach_every_depth(self):
        inner = {"type": "channel", "default": "a", "channels": {"a": constant("1"), "b": VOLUME}}
        price = {"type": "add", "prices": [{"type": "multiply", "factor": "2", "base": inner}, constant("1")]}

        assert pricing.cost(price, {}, channel="b", request_count=5000) == 161
