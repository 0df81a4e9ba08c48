"""Promotions on the sums of a statement."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain import pricing
from domain.promotions import Line, Rule, on_statement

CHAT, IMAGES = UUID(int=1), UUID(int=2)
BOTH = frozenset({CHAT, IMAGES})


def rule(price: dict[str, str], number: int = 1) -> Rule:
    return Rule(f"rule-{number}", f"Rule {number}", "platform", pricing.compile(price))


class TestOnStatement:
    def test_takes_an_amount_off_the_sum_and_shares_it_among_the_lines(self):
        lines = [Line("a", CHAT, Decimal(6)), Line("b", IMAGES, Decimal(2))]

        (found,) = on_statement(lines, [(rule({"type": "constant", "price": "-1"}), BOTH)])

        assert (found.amount, found.per_line) == (1, {"a": Decimal("0.75"), "b": Decimal("0.25")})

    def test_reaches_only_the_services_of_the_rule(self):
        lines = [Line("a", CHAT, Decimal(6)), Line("b", IMAGES, Decimal(2))]

        (found,) = on_statement(lines, [(rule({"type": "multiply", "factor": "0.9"}), frozenset({IMAGES}))])

        assert found.per_line == {"b": Decimal("0.2")}

    def test_applies_each_rule_to_what_the_ones_before_have_left(self):
        lines = [Line("a", CHAT, Decimal(10))]
        rules = [
            (rule({"type": "multiply", "factor": "0.5"}, 1), BOTH),
            (rule({"type": "constant", "price": "-1"}, 2), BOTH),
            (rule({"type": "constant", "price": "-100"}, 3), BOTH),
            (rule({"type": "constant", "price": "-100"}, 4), BOTH),
        ]

        assert [each.amount for each in on_statement(lines, rules)] == [5, 1, 4]

    def test_prices_the_usage_of_the_lines_together(self):
        lines = [Line("a", CHAT, Decimal(3), {"count": 2}), Line("b", CHAT, Decimal(5), {"count": 3})]

        (found,) = on_statement(lines, [(rule({"type": "step", "price": "1"}), BOTH)])

        assert found.amount == 3

    def test_leaves_out_what_takes_nothing_off_or_cannot_price_the_lines(self):
        lines = [Line("a", CHAT, Decimal(3))]
        rules = [(rule({"type": "one_second", "price": "1"}), BOTH), (rule({"type": "constant", "price": "9"}), BOTH)]

        assert on_statement(lines, rules) == []

    @given(
        st.lists(st.decimals("0", "1000", places=12), min_size=1, max_size=12),
        st.decimals("0", "1", places=6),
        st.decimals("-3000", "0", places=12),
    )
    def test_the_shares_are_the_amount_to_the_last_digit_and_no_line_pays_more_than_it_has(self, nets, factor, off):
        lines = [Line(str(number), CHAT, net) for number, net in enumerate(nets)]
        running = {line.key: line.net for line in lines}
        rules = [
            (rule({"type": "multiply", "factor": f"{factor:f}"}, 1), BOTH),
            (rule({"type": "constant", "price": f"{off:f}"}, 2), BOTH),
        ]

        for found in on_statement(lines, rules):
            assert sum(found.per_line.values()) == found.amount
            for key, part in found.per_line.items():
                assert 0 < part <= running[key]
                running[key] -= part
