"""Exact amounts become cents that add up."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.statements.cents import apportioned, in_cents

AMOUNTS = st.lists(
    st.decimals(min_value="-1000000", max_value="1000000", places=12, allow_nan=False), min_size=0, max_size=40
)


def decimals(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


class TestApportioned:
    @pytest.mark.parametrize(
        ("exact", "cents"),
        [
            ([], []),
            (["5.00"], ["5.00"]),
            (["0.004", "0.004", "0.004"], ["0.01", "0.00", "0.00"]),
            (["0.333333333333", "0.333333333333", "0.333333333334"], ["0.33", "0.33", "0.34"]),
            (["0.005"], ["0.00"]),
            (["0.015"], ["0.02"]),
            (["5.004", "0.004", "0", "0.3333", "-0.5", "9.9"], ["5.01", "0.00", "0.00", "0.33", "-0.50", "9.90"]),
            (["0.999999999999", "0.000000000001"], ["1.00", "0.00"]),
            (["-0.004", "0.01"], ["0.00", "0.01"]),
        ],
    )
    def test_adds_up_to_the_total_in_cents(self, exact, cents):
        assert apportioned(decimals(*exact), "USD") == decimals(*cents)

    def test_knows_currencies_without_cents(self):
        assert apportioned(decimals("1.6", "1.6", "1.6"), "JPY") == decimals("2", "2", "1")

    @given(AMOUNTS)
    def test_is_never_a_cent_away_and_always_adds_up(self, exact):
        found = apportioned(exact, "USD")

        assert sum(found) == sum(exact, Decimal(0)).quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
        assert all(abs(rounded - amount) < Decimal("0.01") for rounded, amount in zip(found, exact, strict=True))
        assert all(amount == amount.quantize(Decimal("0.01")) for amount in found)
        assert all(rounded == amount for rounded, amount in zip(found, exact, strict=True) if amount == 0)


def test_a_total_is_rounded_half_to_even():
    assert [in_cents(Decimal(text), "USD") for text in ("0.005", "0.015", "14.7413")] == decimals(
        "0.00", "0.02", "14.74"
    )
