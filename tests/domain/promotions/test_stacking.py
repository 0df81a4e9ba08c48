"""How promotions stack, against an oracle of plain fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import pricing
from domain.promotions import Rule, discounts, net, takes_off

TWELVE = Fraction(1, 10**12)
costs = st.decimals("0", "1000000000", places=12)
factors = st.decimals("0", "2", places=4)
amounts = st.decimals("-20", "20", places=6)
documents = st.one_of(
    factors.map(lambda factor: {"type": "multiply", "factor": f"{factor:f}"}),
    amounts.map(lambda amount: {"type": "constant", "price": f"{amount:f}"}),
)


def rule(price: dict[str, str], number: int = 1, **facts: object) -> Rule:
    return Rule(f"rule-{number}", f"Rule {number}", "seller", pricing.compile(price), **facts)


def half_even(value: Fraction) -> Fraction:
    """Round to twelve places; Python's round() of a fraction goes half to even."""
    return round(value / TWELVE) * TWELVE


def oracle(cost: Decimal, prices: list[dict[str, str]]) -> list[Fraction]:
    """Return what each price takes off, as the document says it."""
    running, taken = Fraction(cost), []
    for price in prices:
        if price["type"] == "multiply":
            wanted = running * Fraction(price["factor"])
        elif Fraction(price["price"]) < 0:
            wanted = running + Fraction(price["price"])
        else:
            wanted = Fraction(price["price"])
        left = max(Fraction(0), min(wanted, running)) if running else running
        off = half_even(running - left)
        running -= off
        taken.append(off)
    return [off for off in taken if off]


class TestDiscounts:
    @given(costs, st.lists(documents, max_size=6))
    def test_are_those_of_the_oracle(self, cost, prices):
        taken, failed = discounts(cost, {}, [rule(price, number) for number, price in enumerate(prices)])

        assert [Fraction(each.amount) for each in taken] == oracle(cost, prices)
        assert not failed

    @given(costs, st.lists(documents, max_size=6))
    def test_leave_nothing_below_zero_and_nothing_dearer(self, cost, prices):
        taken, _ = discounts(cost, {}, [rule(price, number) for number, price in enumerate(prices)])

        assert 0 <= net(cost, taken) <= cost
        assert all(each.amount > 0 for each in taken)
        assert all(each.amount == each.amount.quantize(Decimal("0.000000000001")) for each in taken)

    def test_apply_in_the_order_that_is_given(self):
        half, off = rule({"type": "multiply", "factor": "0.5"}, 1), rule({"type": "constant", "price": "-3"}, 2)

        one, _ = discounts(Decimal(10), {}, [half, off])
        other, _ = discounts(Decimal(10), {}, [off, half])

        assert [(each.name, each.amount) for each in one] == [("Rule 1", 5), ("Rule 2", 3)]
        assert [(each.name, each.amount) for each in other] == [("Rule 2", 3), ("Rule 1", Decimal("3.5"))]

    def test_price_the_usage_where_a_rule_replaces_the_price(self):
        rules = [rule({"type": "one_million_tokens", "price": "1"})]

        taken, _ = discounts(Decimal("0.5"), {"input_tokens": 100_000, "output_tokens": 0}, rules)

        assert [each.amount for each in taken] == [Decimal("0.4")]

    def test_leave_out_a_rule_that_cannot_price_the_usage_and_say_so(self):
        rules = [rule({"type": "one_second", "price": "0"}, 1), rule({"type": "multiply", "factor": "0.5"}, 2)]

        taken, failed = discounts(Decimal(1), {"input_tokens": 1}, rules)

        assert [each.id for each in taken] == ["rule-2"]
        assert failed

    @pytest.mark.parametrize("uses_left", [0, -1])
    def test_leave_out_a_rule_that_is_used_up(self, uses_left):
        taken, _ = discounts(Decimal(1), {}, [rule({"type": "multiply", "factor": "0"}, uses_left=uses_left)])

        assert taken == []

    def test_use_the_price_of_the_channel(self):
        price = {
            "type": "channel",
            "default": "a",
            "channels": {"a": {"type": "constant", "price": "3"}, "b": {"type": "constant", "price": "1"}},
        }

        taken, _ = discounts(Decimal(10), {}, [rule(price)], channel="b")

        assert [each.amount for each in taken] == [9]


class TestTakesOff:
    @pytest.mark.parametrize(
        ("price", "words"),
        [
            ({"type": "multiply", "factor": "0.80"}, "20 % off"),
            ({"type": "multiply", "factor": "0.875"}, "12.5 % off"),
            ({"type": "multiply", "factor": "0"}, "Free"),
            ({"percentage_off": "5"}, "5 % off"),
            ({"type": "constant", "price": "-0.50"}, "0.5 off each call"),
            ({"type": "constant", "price": "0"}, "Free"),
            ({"type": "constant", "price": "0.10"}, "At most 0.1 for each call"),
            ({"type": "image", "price": "0.04"}, "At most 0.04 USD per image"),
        ],
    )
    def test_says_what_a_promotion_does(self, price, words):
        assert takes_off(price) == words
