"""The whole-number way of a token price says what its decimals say, or nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import pricing
from domain.money import rounded

TYPES = st.sampled_from(("one_million_tokens", "one_thousand_tokens", "one_token"))
RATES = st.decimals(0, 10**6, places=12, allow_nan=False).map(lambda rate: f"{rate:f}")
COUNTS = st.integers(0, 10**9)
USAGES = st.fixed_dictionaries(
    {"input_tokens": COUNTS},
    optional={"output_tokens": COUNTS, "cached_input_tokens": COUNTS, "total_tokens": COUNTS, "bytes_in": COUNTS},
)


@st.composite
def prices(draw):
    kind = {"type": draw(TYPES)}
    if draw(st.booleans()):
        return {**kind, "price": draw(RATES)}
    cached = {"cached_input": draw(RATES)} if draw(st.booleans()) else {}
    return {**kind, "input": draw(RATES), "output": draw(RATES), **cached}


@given(prices(), USAGES)
def test_costs_what_the_decimals_say(price, usage):
    compiled = pricing.compile(price)
    assert compiled.rates is not None
    cost = compiled.rates.cost(usage)
    if cost is not None:
        assert str(cost) == str(rounded(compiled.cost_of_counted(usage, channel=None)))


@given(prices(), COUNTS, COUNTS)
def test_bounds_what_the_decimals_bound(price, tokens_in, tokens_out):
    compiled = pricing.compile(price)
    most = compiled.rates.most(tokens_in, tokens_out)
    if most is not None:
        bounds = {"input_tokens": tokens_in, "output_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}
        assert str(most) == str(rounded(compiled.bound(bounds, channel=None)))


@pytest.mark.parametrize(
    ("tokens", "cost"),
    [(1, "0.000000000000"), (3, "0.000000000002"), (5, "0.000000000002"), (7, "0.000000000004"), (2, "0.000000000001")],
)
def test_rounds_half_to_even(tokens, cost):
    compiled = pricing.compile({"type": "one_token", "price": "0.0000000000005"})
    assert compiled.rates.cost({"input_tokens": tokens}) == Decimal(cost)


@pytest.mark.parametrize(
    "price",
    [
        {"type": "constant", "price": "1"},
        {"type": "add", "prices": [{"type": "one_token", "price": "1"}, {"type": "constant", "price": "1"}]},
        {"type": "one_million_tokens", "input": "-1", "output": "5"},
        {"type": "one_million_tokens", "input": "0.0000000000001", "output": "5"},
    ],
)
def test_is_there_for_token_prices_only_that_are_exact_in_it(price):
    assert pricing.compile(price).rates is None


@pytest.mark.parametrize(
    "usage", [{"total_tokens": 5}, {"output_tokens": 5}, {"input_tokens": 10**9}, {"input_tokens": Decimal("0.5")}]
)
def test_leaves_other_usages_to_the_decimals(usage):
    assert pricing.compile({"type": "one_token", "price": "1"}).rates.cost(usage) is None
