"""The nominal price that the catalogue shows and sorts by, and the comparable price per unit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain import pricing

TOKENS = {"type": "one_million_tokens", "input": "3", "output": "15"}
FREE = {"type": "constant", "price": "0"}
SHARE = {"type": "revenue_share", "percentage": "70"}


def constant(amount):
    return {"type": "constant", "price": amount}


def graduated(based_on, *prices):
    tiers = [{"up_to": i + 1, "unit_price": p} for i, p in enumerate(prices)]
    return {"type": "graduated", "based_on": based_on, "tiers": [*tiers[:-1], {**tiers[-1], "up_to": None}]}


def tiered(*prices):
    tiers = [{"up_to": i + 1, "price": p} for i, p in enumerate(prices)]
    return {"type": "tiered", "based_on": "count", "tiers": [*tiers[:-1], {**tiers[-1], "up_to": None}]}


def channel(*prices, **more):
    channels = {f"c{i}": price for i, price in enumerate(prices)}
    return {"type": "channel", "default": "c0", "channels": channels, **more}


class TestNominal:
    @pytest.mark.parametrize(
        ("price", "shown", "amount"),
        [
            (TOKENS, "12.60", "12.6"),
            ({"type": "one_million_tokens", "input": "12", "output": "36"}, "31.20", "31.2"),
            ({"type": "one_million_tokens", "input": "0.001", "output": "0.0015"}, "0.00", "0.0014"),
            # half to even
            ({"type": "one_million_tokens", "input": "0.025", "output": "0"}, "0.00", "0.005"),
            ({"type": "one_million_tokens", "input": "0.075", "output": "0"}, "0.02", "0.015"),
            ({"type": "one_million_tokens", "price": "0.0400"}, "0.0400", "0.04"),
            ({**TOKENS, "price": "9.00"}, "9.00", "9"),
            ({**TOKENS, "price": ""}, "12.60", "12.6"),
            ({"type": "image", "price": "0.0000001"}, "0.0000001", "0.0000001"),
            (constant("-5.00"), "-5.00", "-5"),
            ({"type": "add", "prices": [TOKENS, constant("1")]}, "12.60", "12.6"),
            ({"type": "first", "prices": [constant("1"), TOKENS]}, "1", "1"),
            ({"type": "max", "prices": [constant("1"), TOKENS]}, "1", "1"),
            ({"type": "min", "prices": [constant("2"), constant("1")], "price": "7"}, "7", "7"),
            ({"type": "multiply", "factor": "0.70", "base": TOKENS}, "8.8200", "8.82"),
            (
                {
                    "type": "multiply",
                    "factor": "0.5",
                    "base": {"type": "one_token", "input": "0.001", "output": "0.0015"},
                },
                "0.000",
                "0.0007",
            ),
            (tiered(constant("10.00"), constant("5")), "10.00", "10"),
            (graduated("count", "0.01", "0.005"), "0.01", "0.01"),
            (channel(FREE, constant("0.001")), "0.001", "0.001"),
            (channel(constant("5"), SHARE, TOKENS), "12.60", "12.6"),
        ],
    )
    def test_is_shown_as_specified_and_sorted_unrounded(self, price, shown, amount):
        nominal = pricing.nominal(price)

        assert nominal is not None
        assert (nominal.shown, nominal.amount) == (shown, Decimal(amount))

    @pytest.mark.parametrize(
        "price",
        [
            SHARE,
            {"type": "expr", "expr": "count"},
            {"type": "add", "prices": [SHARE, TOKENS]},
            {"type": "multiply", "factor": "2", "base": SHARE},
            {"type": "multiply", "factor": "0.8"},
            channel(SHARE),
            {"type": "image"},
            {"type": "nonsense"},
            {},
        ],
    )
    def test_is_none_where_there_is_no_rate(self, price):
        assert pricing.nominal(price) is None

    @pytest.mark.parametrize(
        ("price", "description"),
        [
            (channel(FREE, constant("0.001")), "Free - $0.001"),
            (channel(TOKENS, constant("1.50")), "$1.50 - $12.60"),
            (channel(constant("1"), constant("1.0")), None),
            (channel(FREE, constant("1"), description="mine"), None),
            (channel(FREE, constant("1"), price="5"), "Free - $1"),
            (channel(SHARE), None),
            ({"type": "add", "prices": [channel(FREE, constant("1"))]}, None),
        ],
    )
    def test_describes_the_range_of_channels(self, price, description):
        nominal = pricing.nominal(price)

        assert (nominal.description if nominal else None) == description


class TestEffective:
    @pytest.mark.parametrize(
        ("price", "amount", "unit"),
        [
            (TOKENS, "12.6", "one_million_tokens"),
            ({"type": "one_thousand_tokens", "price": "0.002"}, "2", "one_million_tokens"),
            ({"type": "one_token", "input": "0.000001", "output": "0.000001"}, "1", "one_million_tokens"),
            ({"type": "one_second", "price": "0.01"}, "36", "one_hour"),
            ({"type": "one_day", "price": "24"}, "1", "one_hour"),
            ({"type": "one_megabyte", "price": "0.001"}, "1.024", "one_gigabyte"),
            ({"type": "one_thousand_characters", "price": "0.015"}, "15", "one_million_characters"),
            ({"type": "one_thousand", "price": "5"}, "0.005", "request"),
            ({"type": "one_million", "price": "5"}, "0.000005", "request"),
            (constant("0.01"), "0.01", "request"),
            (FREE, "0", "request"),
            ({"type": "image", "price": "0.04"}, "0.04", "image"),
            ({"type": "step", "price": "0.04"}, "0.04", "step"),
            ({"type": "add", "prices": [constant("1"), constant("2")]}, "3", "request"),
            ({"type": "multiply", "factor": "0.5", "base": TOKENS}, "6.3", "one_million_tokens"),
            # when units differ only the dominant one counts
            ({"type": "max", "prices": [constant("99"), TOKENS]}, "12.6", "one_million_tokens"),
            (
                {"type": "min", "prices": [{"type": "image", "price": "1"}, constant("5"), constant("3")]},
                "3",
                "request",
            ),
            (
                {"type": "max", "prices": [{"type": "step", "price": "9"}, {"type": "image", "price": "1"}]},
                "1",
                "image",
            ),
            ({"type": "first", "prices": [constant("5"), TOKENS]}, "5", "request"),
            (tiered(constant("1"), constant("8")), "8", "request"),
            (channel(FREE, constant("2")), "2", "request"),
            (graduated("input_tokens", "0.000001", "0.000002"), "2", "one_million_tokens"),
            (graduated("request_count", "0.01", "0.005"), "0.01", "request"),
            (graduated("bytes_in", "1"), str(1024**3), "one_gigabyte"),
            (graduated("images_generated", "1"), "1", "image"),
        ],
    )
    def test_is_comparable_per_unit(self, price, amount, unit):
        assert pricing.effective(price) == pricing.Effective(Decimal(amount), unit)

    @pytest.mark.parametrize(
        "price",
        [
            SHARE,
            {"type": "expr", "expr": "count"},
            {"type": "add", "prices": [TOKENS, constant("1")]},
            {"type": "add", "prices": [constant("1"), SHARE]},
            {"type": "multiply", "factor": "2", "base": SHARE},
            {"type": "max", "prices": [SHARE]},
            graduated("customer_charge", "1"),
            graduated("count * 2", "1"),
            {"type": "image"},
        ],
    )
    def test_unknown_is_none_and_never_0(self, price):
        assert pricing.effective(price) is None

    @pytest.mark.parametrize(
        ("description", "amount"),
        [
            ("billed by the provider at $1.4 / $4.4 per 1M input/output tokens", "3.8"),
            ("$1.518/$4.554 / 1M input/output tokens", "3.9468"),
            ("$4 / $20 / $0.2 per 1M input/output/cached tokens", "16.8"),
            ("$3.45/$0.345/$17.25 / 1M in/cached/out tokens", "14.49"),
            ("$0.50 / 1M tokens", "0.50"),
            ("$0.002 per 1K tokens", "2"),
            ("bring your own key", None),
            ("$0 / $0 per 1M input/output tokens", None),
            ("$1 / $2 per 1M tokens", None),
            ("$1 / $2 per 1M input/cached tokens", None),
            ("$1 / $2 per 1M apples/output tokens", None),
            ("$1 / $2 / $3 per 1M input/output tokens", None),
        ],
    )
    def test_a_described_price_of_0_is_the_providers(self, description, amount):
        expected = None if amount is None else pricing.Effective(Decimal(amount), "one_million_tokens", "upstream")

        for free in ({"type": "one_million_tokens", "input": "0", "output": "0"}, FREE):
            assert pricing.effective({**free, "description": description}) == expected

    def test_a_long_hostile_description_is_read_in_no_time(self):
        assert pricing.effective({**FREE, "description": "$1 / " * 100_000}) is None
