"""What the simple kinds cost: every row of the table of kinds, and of the table of token counts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain import pricing
from domain.pricing.usage_metrics import GROUPS

SEPARATE = {"type": "one_million_tokens", "input": "3", "output": "15"}
CACHED = {**SEPARATE, "cached_input": "0.30"}
UNIFIED = {"type": "one_million_tokens", "price": "2"}
MILLION = 10**6


def cost(price, usage, **options):
    return pricing.cost(price, usage, **options)


class TestTokenPrice:
    @pytest.mark.parametrize(
        ("price", "usage", "expected"),
        [
            # separate rates
            (SEPARATE, {"input_tokens": MILLION, "output_tokens": MILLION}, "18"),
            (CACHED, {"input_tokens": 1000, "cached_input_tokens": 400, "output_tokens": 10}, "0.00327"),
            # without a cached rate cached tokens pay the input rate; 0 is a rate
            (SEPARATE, {"input_tokens": 0, "cached_input_tokens": MILLION}, "3"),
            ({**SEPARATE, "cached_input": "0"}, {"input_tokens": 0, "cached_input_tokens": MILLION}, "0"),
            ({**SEPARATE, "cached_input": ""}, {"input_tokens": 0, "cached_input_tokens": MILLION}, "3"),
            ({**SEPARATE, "cached_input": None}, {"input_tokens": 0, "cached_input_tokens": MILLION}, "3"),
            # an own `price` beside separate rates is only shown
            ({**SEPARATE, "price": "99"}, {"input_tokens": MILLION}, "3"),
            # unified: all tokens at one rate
            (UNIFIED, {"input_tokens": 100, "cached_input_tokens": 10, "output_tokens": 40}, "0.0003"),
            # scales
            ({"type": "one_thousand_tokens", "price": "2"}, {"input_tokens": 1500}, "3"),
            ({"type": "one_token", "price": "0.001"}, {"input_tokens": 1500}, "1.5"),
            ({"type": "one_token", "input": "1", "output": "2"}, {"input_tokens": 3, "output_tokens": 4}, "11"),
            ({"type": "one_million_tokens", "input": "-1", "output": "-5"}, {"input_tokens": MILLION}, "-1"),
        ],
    )
    def test_costs(self, price, usage, expected):
        assert cost(price, usage) == Decimal(expected)

    @pytest.mark.parametrize(
        ("usage", "expected"),
        [
            # input_tokens present, 0 counts as present: total_tokens is ignored
            ({"input_tokens": 1, "cached_input_tokens": 2, "output_tokens": 3, "total_tokens": 99}, (1, 2, 3)),
            ({"input_tokens": 0, "total_tokens": 99}, (0, 0, 0)),
            ({"input_tokens": 5}, (5, 0, 0)),
            # only total_tokens: all of them are input, output_tokens is ignored
            ({"total_tokens": 7, "output_tokens": 3}, (7, 0, 0)),
            ({"total_tokens": 7, "cached_input_tokens": 2}, (7, 2, 0)),
            # neither
            ({"output_tokens": 3, "cached_input_tokens": 2}, (0, 2, 3)),
            ({"output_tokens": 3, "one_thousand_tokens": 5}, (0, 0, 3)),
            ({}, (0, 0, 0)),
            ({"seconds": 5}, (0, 0, 0)),
            # only scaled units: they are converted and pay the input rate
            ({"one_token": 8}, (8, 0, 0)),
            ({"one_thousand_tokens": 1.5}, (1500, 0, 0)),
            ({"one_million_tokens": 2}, (2_000_000, 0, 0)),
        ],
    )
    def test_counts_tokens(self, usage, expected):
        price = {"type": "one_token", "input": "1", "cached_input": "10000000", "output": "100000000000"}

        tokens_in, cached, out = expected
        assert cost(price, usage) == tokens_in + cached * 10**7 + out * 10**11


class TestUnitPrice:
    @pytest.mark.parametrize(
        ("price", "usage", "expected"),
        [
            ({"type": "one_second", "price": "0.006"}, {"seconds": 10}, "0.06"),
            ({"type": "one_minute", "price": "0.5"}, {"duration_seconds": 90}, "0.75"),
            ({"type": "one_hour", "price": "1.00"}, {"one_minute": 120}, "2"),
            ({"type": "one_day", "price": "24"}, {"one_hour": 1}, "1"),
            ({"type": "one_month", "price": "1.00"}, {"one_hour": 360}, "0.50"),
            ({"type": "one_thousand", "price": "2"}, {"count": 500}, "1"),
            ({"type": "one_million", "price": "2"}, {"one_thousand": 500}, "1"),
            ({"type": "one_character", "price": "0.01"}, {"characters": 5}, "0.05"),
            ({"type": "one_thousand_characters", "price": "3"}, {"one_character": 500}, "1.5"),
            ({"type": "one_million_characters", "price": "15"}, {"one_thousand_characters": 2}, "0.03"),
            ({"type": "image", "price": "0.04"}, {"count": 3}, "0.12"),
            ({"type": "image", "price": "0.04"}, {"images_generated": 3}, "0.12"),
            ({"type": "image", "price": "0.04"}, {"one_thousand": 1}, "40"),
            ({"type": "step", "price": "0.001"}, {"count": 30}, "0.03"),
            ({"type": "step", "price": "0.001"}, {"one_thousand": 2}, "2"),
            ({"type": "image", "price": "0.04"}, {"count": 0}, "0"),
            ({"type": "constant", "price": "0.01"}, {}, "0.01"),
            ({"type": "constant", "price": "-5.00"}, {"input_tokens": 10**9}, "-5"),
        ],
    )
    def test_costs(self, price, usage, expected):
        assert cost(price, usage) == Decimal(expected)

    @pytest.mark.parametrize(
        ("kind", "sentence"),
        [
            ("one_hour", "one_hour price needs a time metric (seconds, one_minute, …)"),
            ("one_thousand", "one_thousand price needs a count metric (count, images_generated, …)"),
            ("image", "image price needs a count metric (count, images_generated, …)"),
            ("step", "step price needs a count metric (count, images_generated, …)"),
            ("one_character", "one_character price needs a character metric (characters, one_thousand_characters, …)"),
            ("one_gigabyte", "one_gigabyte price needs a data metric (bytes_out, one_megabyte, …)"),
        ],
    )
    def test_says_what_was_missing(self, kind, sentence):
        usage = {"input_tokens": 5, "output_tokens": 1, "model": "m"}

        with pytest.raises(pricing.PricingError) as caught:
            cost({"type": kind, "price": "1"}, usage)

        assert str(caught.value) == f"{sentence}; usage had: input_tokens, output_tokens"

    @pytest.mark.parametrize("kind", ["one_day", "one_million", "one_character", "image", "step"])
    def test_fails_on_every_metric_of_other_groups(self, kind):
        own = {"one_day": "time", "one_character": "character"}.get(kind, "count")
        others = {unit: 1 for group in GROUPS if group.name != own for unit in group.factors}

        with pytest.raises(pricing.PricingError, match="price needs a"):
            cost({"type": kind, "price": "1"}, {**others, "bytes_in": 1, "total_tokens": 1})

    def test_an_empty_usage_is_named(self):
        with pytest.raises(pricing.PricingError, match="usage had: nothing"):
            cost({"type": "image", "price": "1"}, {})


class TestDataPrice:
    @pytest.mark.parametrize(
        ("based_on", "usage", "expected"),
        [
            (None, {"bytes_out": 1024, "bytes_in": 4096}, "1"),
            ("bytes_out", {"bytes_out": 1024, "bytes_in": 4096}, "1"),
            ("bytes_in", {"bytes_out": 1024, "bytes_in": 4096}, "4"),
            ("bytes_total", {"bytes_out": 1024, "bytes_in": 4096}, "5"),
            ("bytes_total", {"bytes_in": 4096}, "4"),
            # the named counter wins over units, 0 is present
            (None, {"bytes_out": 0, "one_megabyte": 1}, "0"),
            # else a unit of the group
            (None, {"one_megabyte": 1}, "1024"),
            (None, {"bytes_in": 4096, "one_kilobyte": 3}, "3"),
            ("bytes_in", {"bytes_out": 1, "one_gigabyte": 1}, str(1024**2)),
        ],
    )
    def test_costs(self, based_on, usage, expected):
        price = {"type": "one_kilobyte", "price": "1"} | ({} if based_on is None else {"based_on": based_on})

        assert cost(price, usage) == Decimal(expected)

    @pytest.mark.parametrize("based_on", ["bytes_out", "bytes_total", "bytes_in"])
    def test_fails_without_any_volume(self, based_on):
        with pytest.raises(pricing.PricingError, match="one_byte price needs a data metric"):
            cost({"type": "one_byte", "price": "1", "based_on": based_on}, {"count": 1})

    def test_does_not_take_the_other_direction(self):
        with pytest.raises(pricing.PricingError, match="usage had: bytes_in"):
            cost({"type": "one_byte", "price": "1"}, {"bytes_in": 1})


class TestRevenueShare:
    @pytest.mark.parametrize(
        ("percentage", "charge", "expected"),
        [("85.5", "100", "85.50"), ("70", "10", "7"), ("100.00", "0.01", "0.01"), ("50", "0", "0")],
    )
    def test_is_a_part_of_the_customers_charge(self, percentage, charge, expected):
        price = {"type": "revenue_share", "percentage": percentage}

        assert cost(price, {}, customer_charge=Decimal(charge)) == Decimal(expected)

    def test_needs_the_charge(self):
        with pytest.raises(pricing.PricingError, match="needs 'customer_charge'"):
            cost({"type": "revenue_share", "percentage": "70"}, {"count": 1})
