"""What calls of one's own cost, worked out by hand."""

from __future__ import annotations

import pytest

from domain import pricing

TOKENS = {"type": "one_million_tokens", "input": "3", "output": "15", "cached_input": "0.30"}
#: Up to 1,000 requests cost 10 together, more of them 80.
BY_REQUESTS = {
    "type": "tiered",
    "based_on": "request_count",
    "tiers": [
        {"up_to": 1000, "price": {"type": "constant", "price": "10"}},
        {"up_to": None, "price": {"type": "constant", "price": "80"}},
    ],
}
CHANNELS = {
    "type": "channel",
    "default": "managed",
    "channels": {"managed": {"type": "constant", "price": "0.02"}, "own": {"type": "constant", "price": "0.001"}},
}


class TestQuestions:
    def test_are_the_amounts_that_the_price_depends_on(self):
        asked = pricing.questions(pricing.compile(TOKENS))

        assert [(each.metric, each.usual) for each in asked] == [
            ("input_tokens", 1000),
            ("output_tokens", 500),
            ("cached_input_tokens", 0),
        ]
        assert asked[0].label == "Input tokens"

    def test_are_none_of_a_fixed_price(self):
        assert pricing.questions(pricing.compile({"type": "constant", "price": "1"})) == ()


class TestBill:
    def test_is_of_one_call_and_of_all(self):
        """1,000 in at 3, 200 out at 15, 500 cached at 0.30 a million: 0.003 + 0.003 + 0.00015."""
        usage = {"input_tokens": 1000, "output_tokens": 200, "cached_input_tokens": 500}

        told = pricing.bill(pricing.compile(TOKENS), usage, calls=1_000_000, currency="USD")

        assert told == pricing.Bill("0.00615 USD", "6150.00 USD")

    @pytest.mark.parametrize(("calls", "total"), [(1000, "10.00 EUR"), (1001, "80.00 EUR")])
    def test_of_a_price_by_requests_is_of_one_period(self, calls, total):
        told = pricing.bill(pricing.compile(BY_REQUESTS), {}, calls=calls, currency="EUR")

        assert told == pricing.Bill(None, total)

    def test_is_of_the_channel_that_was_chosen(self):
        price = pricing.compile(CHANNELS)

        assert pricing.channels(price) == ("managed", "own")
        assert pricing.bill(price, {}, calls=3, currency="USD", channel="own") == pricing.Bill("0.001 USD", "0.003 USD")

    def test_never_shows_nothing_for_what_costs(self):
        told = pricing.bill(pricing.compile(TOKENS), {"input_tokens": 1, "output_tokens": 0}, calls=1, currency="USD")

        assert told is not None
        assert told.each == "0.000003 USD"
