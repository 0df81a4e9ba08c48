"""Prices in human words: golden sentences, tables and typical costs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import pricing
from tests.domain.pricing.generated import Generator

TOKENS = {"type": "one_million_tokens", "input": "3", "output": "15"}
FREE = {"type": "constant", "price": "0"}


def constant(amount):
    return {"type": "constant", "price": amount}


GOLDEN = [
    (
        {**TOKENS, "cached_input": "0.30"},
        "3.00 USD per 1 million input tokens, 0.30 USD per 1 million cached input tokens and 15.00 USD per 1 million "
        "output tokens.",
        "A typical call (1,000 input and 500 output tokens) costs 0.0105 USD",
    ),
    (
        {"type": "one_million_tokens", "input": "0.6", "output": "3"},
        "0.60 USD per 1 million input tokens and 3.00 USD per 1 million output tokens.",
        "A typical call (1,000 input and 500 output tokens) costs 0.0021 USD",
    ),
    (
        {"type": "one_token", "price": "0.0000000123"},
        "0.0000000123 USD per token.",
        "A typical call (1,000 input and 500 output tokens) costs 0.00001845 USD",
    ),
    ({"type": "one_second", "price": "0.006"}, "0.006 USD per second.", "A typical call (60 seconds) costs 0.36 USD"),
    (
        {"type": "one_month", "price": "1.00"},
        "1.00 USD per month of 30 days.",
        "A typical call (1 month of 30 days) costs 1.00 USD",
    ),
    ({"type": "image", "price": "0.04"}, "0.04 USD per image.", "A typical call (1 image) costs 0.04 USD"),
    ({"type": "step", "price": "0.001"}, "0.001 USD per step.", "A typical call (30 steps) costs 0.03 USD"),
    (
        {"type": "one_thousand", "price": "0.5"},
        "0.50 USD per 1,000 units.",
        "A typical call (1,000 units) costs 0.50 USD",
    ),
    (
        {"type": "one_gigabyte", "price": "0.09"},
        "0.09 USD per gigabyte sent.",
        "A typical call (1 megabyte sent) costs 0.00008789 USD",
    ),
    (
        {"type": "one_million_characters", "price": "15"},
        "15.00 USD per 1 million characters.",
        "A typical call (1 million characters) costs 15.00 USD",
    ),
    (constant("0.01"), "0.01 USD per request.", "A typical call costs 0.01 USD"),
    (FREE, "Free.", "A typical call costs 0.00 USD"),
    (
        {"type": "one_million_tokens", "input": "0", "output": "0"},
        "Free.",
        "A typical call (1,000 input and 500 output tokens) costs 0.00 USD",
    ),
    (
        {"type": "add", "prices": [TOKENS, constant("0.001")]},
        "3.00 USD per 1 million input tokens and 15.00 USD per 1 million output tokens, plus 0.001 USD per request.",
        "A typical call (1,000 input and 500 output tokens) costs 0.0115 USD",
    ),
    (
        {"type": "multiply", "factor": "0.70", "base": {"type": "add", "prices": [TOKENS, constant("0.001")]}},
        "70 % of (3.00 USD per 1 million input tokens and 15.00 USD per 1 million output tokens, plus 0.001 USD per "
        "request).",
        "A typical call (1,000 input and 500 output tokens) costs 0.00805 USD",
    ),
    (
        {"type": "max", "prices": [{"type": "image", "price": "0.05"}, {"type": "one_second", "price": "0.01"}]},
        "Whichever is higher: 0.05 USD per image, or 0.01 USD per second.",
        "A typical call (1 image and 60 seconds) costs 0.60 USD",
    ),
    (
        {"type": "min", "prices": [{"type": "one_second", "price": "0.10"}, constant("100")]},
        "Whichever is lower: 0.10 USD per second, or 100.00 USD per request.",
        "A typical call (60 seconds) costs 6.00 USD",
    ),
    (
        {"type": "first", "prices": [{"type": "one_second", "price": "0.10"}, {"type": "image", "price": "0.05"}]},
        "0.10 USD per second; where that cannot be measured, 0.05 USD per image.",
        "A typical call (1 image and 60 seconds) costs 6.00 USD",
    ),
    (
        {
            "type": "tiered",
            "based_on": "request_count",
            "tiers": [{"up_to": 1000, "price": constant("10")}, {"up_to": None, "price": constant("500")}],
        },
        "By requests, one rate for all: up to 1,000: 10.00 USD per billing period; above 1,000: 500.00 USD per billing "
        "period.",
        "A typical billing period (10,000 requests) costs 500.00 USD",
    ),
    (
        {
            "type": "tiered",
            "based_on": "input_tokens + output_tokens * 4",
            "tiers": [{"up_to": 10000, "price": constant("1")}, {"up_to": None, "price": TOKENS}],
        },
        "By input_tokens + output_tokens * 4, one rate for all: up to 10,000: 1.00 USD per request; above 10,000: "
        "3.00 USD per 1 million input tokens and 15.00 USD per 1 million output tokens.",
        "A typical call (1,000 input and 500 output tokens) costs 1.00 USD",
    ),
    (
        {
            "type": "graduated",
            "based_on": "one_minute",
            "tiers": [{"up_to": 60, "unit_price": "0"}, {"up_to": None, "unit_price": "0.10"}],
        },
        "Free for the first 60 minutes, then 0.10 USD per minute beyond.",
        "A typical call (1 minute) costs 0.00 USD",
    ),
    (
        {"type": "channel", "default": "byok", "channels": {"managed": TOKENS, "byok": FREE}},
        "Through managed: 3.00 USD per 1 million input tokens and 15.00 USD per 1 million output tokens; through byok: "
        "free.",
        "A typical call (1,000 input and 500 output tokens) through managed costs 0.0105 USD",
    ),
    (
        {"type": "revenue_share", "percentage": "85.50"},
        "85.5 % of what the customer pays.",
        "Of a customer charge of 100.00 USD the share is 85.50 USD",
    ),
    (
        {"type": "expr", "expr": "count * 0.5"},
        "Computed as count * 0.5, in USD.",
        "A typical call (1 unit) costs 0.50 USD",
    ),
    ({"type": "multiply", "factor": "0.80"}, "80 % of the price.", None),
]


class TestSentence:
    @pytest.mark.parametrize(("price", "sentence", "typical"), GOLDEN)
    def test_reads(self, price, sentence, typical):
        explanation = pricing.explain(price)

        assert (explanation.sentence, explanation.typical) == (sentence, typical)

    def test_uses_the_currency_of_the_listing(self):
        explanation = pricing.explain({"type": "image", "price": "0.04"}, "EUR")

        assert explanation.sentence == "0.04 EUR per image."
        assert explanation.rows == (pricing.Row("Images", "0.04 EUR", "per image"),)


class TestRows:
    @pytest.mark.parametrize(
        ("price", "rows"),
        [
            (
                TOKENS,
                [
                    ("Input tokens", "3.00 USD", "per 1 million tokens"),
                    ("Output tokens", "15.00 USD", "per 1 million tokens"),
                ],
            ),
            (
                {
                    "type": "channel",
                    "default": "byok",
                    "channels": {
                        "byok": FREE,
                        "managed": {
                            "type": "graduated",
                            "based_on": "one_minute",
                            "tiers": [{"up_to": 60, "unit_price": "0"}, {"up_to": None, "unit_price": "0.10"}],
                        },
                    },
                },
                [
                    ("byok · Fixed", "0.00 USD", "per request"),
                    ("managed · Minutes, up to 60", "0.00 USD", "per minute"),
                    ("managed · Minutes, above 60", "0.10 USD", "per minute"),
                ],
            ),
            (
                {
                    "type": "max",
                    "prices": [{"type": "multiply", "factor": "0.5", "base": {"type": "step", "price": "1"}}],
                },
                [("Highest of · 50 % of · Steps", "1.00 USD", "per step")],
            ),
            (
                {
                    "type": "tiered",
                    "based_on": "input_tokens",
                    "tiers": [
                        {"up_to": 5, "price": FREE},
                        {"up_to": None, "price": {"type": "one_hour", "price": "2"}},
                    ],
                },
                [
                    ("Input tokens, up to 5 · Fixed", "0.00 USD", "per request"),
                    ("Input tokens, above 5 · Time", "2.00 USD", "per hour"),
                ],
            ),
            (
                {"type": "one_kilobyte", "price": "1", "based_on": "bytes_total"},
                [("Data in both directions", "1.00 USD", "per kilobyte")],
            ),
        ],
    )
    def test_are(self, price, rows):
        assert [(row.label, row.amount, row.unit) for row in pricing.explain(price).rows] == rows


class TestEveryPrice:
    @pytest.mark.parametrize("fifty", range(8))
    def test_can_be_explained_in_plain_digits(self, fifty):
        for seed in range(fifty * 50, fifty * 50 + 50):
            price = Generator(seed).price(depth=4)
            explanation = pricing.explain(price, "EUR")
            texts = [explanation.sentence, explanation.typical or "", *(row.amount for row in explanation.rows)]

            assert explanation.rows
            for text in texts:
                in_digits = text.replace("1e3", "1000")  # as sellers write it in expressions
                assert not re.search(r"\d[eE][+-]?\d", in_digits), price

    @given(st.integers(min_value=1, max_value=10**18 - 1))
    def test_rates_are_never_rounded_to_nothing(self, units):
        digits = f"{units:018d}".rstrip("0")

        assert pricing.explain(constant(f"0.{units:018d}")).sentence == f"0.{digits.ljust(2, '0')} USD per request."

    @pytest.mark.parametrize(
        ("rate", "shown"),
        [
            ("0.000012345678", "0.00001235 USD"),
            ("0.00999999", "0.01 USD"),
            ("0.0123456", "0.0123 USD"),
            ("0.5", "0.50 USD"),
            ("1.005", "1.00 USD"),
            ("1234567.891", "1234567.89 USD"),
            ("-0.000012345678", "-0.00001235 USD"),
        ],
    )
    def test_typical_costs_keep_four_digits_under_a_cent(self, rate, shown):
        assert pricing.explain(constant(rate)).typical == f"A typical call costs {shown}"
