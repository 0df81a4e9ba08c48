"""Where the sellers' own calculator, the written specification and we differ: each row, with the answer we give."""

from __future__ import annotations

from decimal import Decimal

import pytest
from unitysvc_core.models.pricing import UsageData, validate_pricing

from domain import pricing

TOKENS = {"type": "one_million_tokens", "input": "3", "output": "15"}
UNIFIED = {"type": "one_million_tokens", "price": "2"}
ONE = {"type": "constant", "price": "1"}
MILLION = 10**6


def theirs(price, usage, **options):
    return validate_pricing(price).calculate_cost(UsageData(**usage), **options)


def is_refused(price, side="list"):
    return any(problem.is_error for problem in pricing.validate(price, side=side))


class TestWeDiffer:
    def test_row_1_scaled_token_usage_is_converted(self):
        assert theirs(UNIFIED, {"one_million_tokens": 1}) == 0
        assert pricing.cost(UNIFIED, {"one_million_tokens": 1}) == 2

    def test_row_4_a_negative_share_is_refused(self):
        price = {"type": "revenue_share", "percentage": "-5"}

        assert theirs(price, {}, customer_charge=Decimal(100)) == -5
        assert is_refused(price, "payout")

    @pytest.mark.parametrize("price", [{"type": "revenue_share", "percentage": "5"}, {"type": "expr", "expr": "count"}])
    def test_row_5_payout_types_are_refused_in_list_prices(self, price):
        validate_pricing({"type": "add", "prices": [price]})

        assert is_refused({"type": "add", "prices": [price]})
        assert not is_refused({"type": "add", "prices": [price]}, "payout")

    def test_row_7_amount_is_taken_for_price(self):
        price = {"type": "constant", "amount": "5"}

        with pytest.raises(ValueError, match="amount"):
            validate_pricing(price)
        assert pricing.cost(price, {}) == 5
        assert [problem.severity for problem in pricing.validate(price, side="list")] == ["warning"]

    def test_row_9_steps_convert(self):
        price = {"type": "step", "price": "1"}

        with pytest.raises(ValueError, match="count"):
            theirs(price, {"one_thousand": 1})
        assert pricing.cost(price, {"one_thousand": 1}) == 1000

    def test_row_12_floats_are_taken_with_a_warning(self):
        price = {"type": "image", "price": 0.04}

        with pytest.raises(ValueError, match="float"):
            validate_pricing(price)
        assert pricing.cost(price, {"count": 1}) == Decimal("0.04")
        assert [problem.severity for problem in pricing.validate(price, side="list")] == ["warning"]

    def test_row_13_the_nested_shape_is_taken(self):
        price = {"currency": "EUR", "price_data": ONE}

        with pytest.raises(ValueError, match="type"):
            validate_pricing(price)
        assert pricing.cost(price, {}) == 1

    @pytest.mark.parametrize("limits", [[10, 5, None], [10]])
    def test_row_14_tiers_ascend_to_an_open_end(self, limits):
        tiers = [{"up_to": limit, "unit_price": "1"} for limit in limits]
        price = {"type": "graduated", "based_on": "count", "tiers": tiers}

        theirs(price, {"count": 100})
        assert is_refused(price)

    @pytest.mark.parametrize("kind", ["max", "min", "first"])
    def test_row_15_broken_children_are_refused(self, kind):
        price = {"type": kind, "prices": [{"type": "image"}, ONE]}

        assert theirs(price, {}) == 1
        assert is_refused(price)

    def test_row_16_division_by_zero_is_a_pricing_error(self):
        price = {"type": "first", "prices": [{"type": "expr", "expr": "1 / count"}, ONE]}

        with pytest.raises(ArithmeticError):
            theirs(price, {})
        assert pricing.cost(price, {}) == 1

    def test_row_17_sorting_is_unrounded(self):
        cheap = {"type": "one_million_tokens", "input": "0.001", "output": "0.002"}

        nominal = pricing.nominal(cheap)

        assert nominal is not None
        assert (nominal.shown, nominal.amount) == ("0.00", Decimal("0.0018"))
        assert validate_pricing(cheap).price == "0.00"

    def test_row_20_an_unknown_type_lists_the_valid_ones(self):
        (problem,) = pricing.validate({"type": "per_unicorn"}, side="list")

        assert problem.message.startswith("Invalid pricing type 'per_unicorn'. Valid types: 'one_million_tokens'")

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "1e-3", "1_000", " 1 ", "٣"])
    def test_strange_decimals_are_refused(self, number):
        validate_pricing({"type": "image", "price": number})

        assert is_refused({"type": "image", "price": number})

    def test_blanks_around_expressions_are_allowed(self):
        price = {"type": "expr", "expr": " count "}

        with pytest.raises(ValueError, match="Invalid expression syntax"):
            theirs(price, {"count": 2})
        assert pricing.cost(price, {"count": 2}) == 2

    def test_a_promotion_may_lack_its_base(self):
        price = {"type": "multiply", "factor": "0.80"}

        with pytest.raises(ValueError, match="base"):
            validate_pricing(price)
        assert not is_refused(price, "promotion")

    def test_negative_usage_is_refused(self):
        assert theirs(UNIFIED, {"input_tokens": -MILLION}) == -2
        with pytest.raises(pricing.PricingError, match="usage 'input_tokens' must be"):
            pricing.cost(UNIFIED, {"input_tokens": -MILLION})


class TestWeFollowTheCalculator:
    """Where it differs from the written specification, or the specification is silent."""

    @pytest.mark.parametrize(
        ("price", "usage", "expected"),
        [
            # row 2: with input given, total is ignored
            (UNIFIED, {"input_tokens": MILLION, "output_tokens": MILLION, "total_tokens": 99 * MILLION}, "4"),
            # row 3: cached tokens without a rate pay the input rate
            (TOKENS, {"input_tokens": 0, "cached_input_tokens": MILLION}, "3"),
            # row 8: images convert
            ({"type": "image", "price": "0.04"}, {"one_thousand": 1}, "40"),
            # row 10: nothing converts inside compound expressions
            (
                {
                    "type": "graduated",
                    "based_on": "one_minute * 1",
                    "tiers": [{"up_to": None, "unit_price": "1"}],
                },
                {"one_hour": 1},
                "0",
            ),
            # row 11: token prices never miss, so `first` stops at them
            ({"type": "first", "prices": [TOKENS, ONE]}, {"seconds": 5}, "0"),
            # row 18: bytes_out by default, and it wins over units
            ({"type": "one_kilobyte", "price": "1"}, {"bytes_in": 9, "bytes_out": 1024, "one_megabyte": 5}, "1"),
            # row 19: the newer metrics and types
            ({"type": "one_second", "price": "1"}, {"duration_seconds": 2}, "2"),
            ({"type": "image", "price": "1"}, {"images_generated": 2}, "2"),
            ({"type": "one_thousand_characters", "price": "1"}, {"characters": 500}, "0.5"),
            ({"type": "channel", "default": "a", "channels": {"a": ONE}}, {}, "1"),
        ],
    )
    def test_on_these_rows(self, price, usage, expected):
        assert pricing.cost(price, usage) == theirs(price, usage) == Decimal(expected)

    @pytest.mark.parametrize("kind", ["max", "min", "first"])
    def test_row_6_these_types_are_valid(self, kind):
        assert kind in pricing.TYPES
