"""Amounts in the smallest coin, against the numbers of Stripe's documents."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.payments.minor_units import step, to_minor, to_money
from billing.payments.processor import RequestRefused
from domain.money import Money


class TestToMinor:
    @pytest.mark.parametrize(
        ("amount", "currency", "coins"),
        [
            ("10", "USD", 1000),
            ("10.00", "USD", 1000),
            ("0.01", "EUR", 1),
            ("25.500000000000", "USD", 2550),
            ("1E+1", "USD", 1000),
            ("500", "JPY", 500),
            ("5.12", "KWD", 5120),
            ("0.010", "BHD", 10),
            ("5", "ISK", 500),
            ("999999.99", "USD", 99_999_999),
        ],
    )
    def test_counts_whole_coins(self, amount: str, currency: str, coins: int):
        assert to_minor(Money(Decimal(amount), currency)) == coins

    @pytest.mark.parametrize(
        ("amount", "currency"),
        [
            ("0.001", "USD"),
            ("10.005", "USD"),
            ("0.000000000001", "EUR"),
            ("500.5", "JPY"),
            ("5.124", "KWD"),
            ("5.50", "ISK"),
            ("0", "USD"),
            ("-1", "USD"),
        ],
    )
    def test_refuses_what_cannot_be_paid(self, amount: str, currency: str):
        with pytest.raises(RequestRefused) as refused:
            to_minor(Money(Decimal(amount), currency))

        assert refused.value.code == "amount_not_payable"

    @pytest.mark.parametrize("currency", ["CREDITS", "usd", "US", "ÜSD"])
    def test_refuses_what_is_no_currency(self, currency: str):
        with pytest.raises(RequestRefused) as refused:
            to_minor(Money(Decimal(1), currency))

        assert refused.value.code == "currency_unknown"

    @given(st.integers(1, 10**12), st.sampled_from(["USD", "JPY", "EUR", "KRW"]))
    def test_is_undone_by_to_money(self, coins: int, currency: str):
        assert to_minor(to_money(coins, currency.lower())) == coins


class TestToMoney:
    @pytest.mark.parametrize(
        ("coins", "currency", "amount"),
        [
            (1000, "usd", "10.00"),
            (500, "jpy", "500"),
            (5120, "kwd", "5.120"),
            (-2500, "usd", "-25.00"),
            (0, "usd", "0.00"),
        ],
    )
    def test_is_exact(self, coins: int, currency: str, amount: str):
        money = to_money(coins, currency)

        assert (str(money.amount), money.currency) == (amount, currency.upper())


class TestStep:
    @pytest.mark.parametrize(("currency", "amount"), [("USD", "0.01"), ("JPY", "1"), ("KWD", "0.010"), ("ISK", "1.00")])
    def test_is_the_smallest_amount_that_can_be_paid(self, currency: str, amount: str):
        assert str(step(currency).amount) == amount
        assert to_minor(step(currency)) > 0
