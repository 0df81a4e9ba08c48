"""Arithmetic in `based_on` and `expr`: the grammar, the error texts, and what a hostile seller may try."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import pricing
from domain.pricing.expressions import InvalidExpression, parse_expression


def value(expression, usage=None, **options):
    return pricing.cost({"type": "expr", "expr": expression}, usage or {}, **options)


class TestValue:
    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("12", "12"),
            ("0.5", "0.5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1e3", "1000"),
            ("1E-3", "0.001"),
            ("1.5e+2", "150"),
            ("1_000", "1000"),
            ("0x10", "16"),
            ("0.1 + 0.2", "0.3"),
            ("0.30000000000000000001 * 10", "3.0000000000000000001"),
            ("1 / 3", "0.3333333333333333333333333333"),
            ("2 + 3 * 4", "14"),
            ("(2 + 3) * 4", "20"),
            ("10 - 4 - 3", "3"),
            ("100 / 10 / 5", "2"),
            ("1 - -100", "101"),
            ("-+-5", "5"),
            ("  2 + 2\t", "4"),
            ("2+2", "4"),
        ],
    )
    def test_is_decimal_arithmetic_with_28_digits(self, expression, expected):
        assert value(expression) == Decimal(expected)

    @pytest.mark.parametrize(
        ("expression", "usage", "expected"),
        [
            (
                "input_tokens / 1000000 * 0.50 + output_tokens / 1000000 * 1.50",
                {"input_tokens": 10**6, "output_tokens": 10**6},
                "2",
            ),
            (
                "(input_tokens + output_tokens * 4) / 1000000 * 2.00",
                {"input_tokens": 10**6, "output_tokens": 10**6},
                "10",
            ),
            # a metric on its own, missing counts 0
            ("input_tokens", {}, "0"),
            ("bytes_in", {"bytes_in": 7}, "7"),
            # a unit on its own converts; inside an expression, even in brackets, only that very unit counts
            ("one_hour", {"one_minute": 90}, "1.5"),
            ("one_hour * 60", {"one_minute": 90}, "0"),
            ("(one_hour)", {"one_minute": 90}, "0"),
            ("one_hour * 60 + one_minute", {"one_minute": 90}, "90"),
            ("one_hour + 0", {"one_hour": 0.5}, "0.5"),
        ],
    )
    def test_reads_metrics(self, expression, usage, expected):
        assert value(expression, usage) == Decimal(expected)

    def test_knows_the_numbers_of_a_payout(self):
        assert value(
            "request_count * 0.001 + customer_charge * 0.7", request_count=100, customer_charge=Decimal(10)
        ) == Decimal("7.1")
        assert value("request_count + customer_charge") == 0

    def test_a_missing_unit_on_its_own_is_an_error(self):
        with pytest.raises(pricing.PricingError, match="Metric 'one_hour' requires time data in usage"):
            value("one_hour", {"count": 1})

    @pytest.mark.parametrize("expression", ["1 / 0", "5 / count", "1 / (count - count)", "0 / 0"])
    def test_division_by_zero_is_a_pricing_error(self, expression):
        with pytest.raises(pricing.PricingError) as caught:
            value(expression)

        assert str(caught.value) == f"Division by zero in '{expression}'"


SYNTAX = "Invalid expression syntax"


class TestRefusal:
    @pytest.mark.parametrize(
        ("expression", "text"),
        [
            ("input_tokens +", SYNTAX),
            ("", SYNTAX),
            ("   ", SYNTAX),
            ("1; 2", SYNTAX),
            ("1 2", SYNTAX),
            ("1 +\n2", SYNTAX),
            ("(1 +\n2)", SYNTAX),
            ("\n1", SYNTAX),
            ("1 + \\\n2", SYNTAX),
            ("x := 1", SYNTAX),
            ("x = 1", SYNTAX),
            ("import os", SYNTAX),
            ("1 # comment", SYNTAX),
            ("(1", SYNTAX),
            ("1)", SYNTAX),
            ("cоunt", SYNTAX),  # Cyrillic
            ("ｃount", SYNTAX),  # full width, which Python would take for count
            ("count\0", SYNTAX),
            ("1if 1else 2", SYNTAX),
            ("0x1for x in y", SYNTAX),
            ("'\\d'", SYNTAX),
            ("0b1", SYNTAX),
            ("0o17", SYNTAX),
            ("007", SYNTAX),
            ("input_tokens + unknown_field", "Unknown metric: unknown_field"),
            ("bytes_total", "Unknown metric: bytes_total"),
            ("__import__", "Unknown metric: __import__"),
            ("channel", "Unknown metric: channel"),
            ("input_tokens ** 2", "Unsupported operator: Pow"),
            ("unknown_field ** 2", "Unsupported operator: Pow"),
            ("9**9**9**9", "Unsupported operator: Pow"),
            ("count % 2", "Unsupported operator: Mod"),
            ("count // 2", "Unsupported operator: FloorDiv"),
            ("count @ 2", "Unsupported operator: MatMult"),
            ("count << 2", "Unsupported operator: LShift"),
            ("1 + count << 2", "Unsupported operator: LShift"),
            ("~count", "Unsupported unary operator: Invert"),
            ("not count", "Unsupported unary operator: Not"),
            ("max(1, 2)", "Unsupported expression type: Call"),
            ("__import__('os').system('id')", "Unsupported expression type: Call"),
            ("count.real", "Unsupported expression type: Attribute"),
            ("count[0]", "Unsupported expression type: Subscript"),
            ("[1]", "Unsupported expression type: List"),
            ("(1, 2)", "Unsupported expression type: Tuple"),
            ("{1: 2}", "Unsupported expression type: Dict"),
            ("1 < 2", "Unsupported expression type: Compare"),
            ("1 if 1 else 2", "Unsupported expression type: IfExp"),
            ("count and 1", "Unsupported expression type: BoolOp"),
            ("lambda: 1", "Unsupported expression type: Lambda"),
            ("f'{count}'", "Unsupported expression type: JoinedStr"),
            ("[x for x in y]", "Unsupported expression type: ListComp"),
            ("(x := 1)", "Unsupported expression type: NamedExpr"),
            ("'a'", "Unsupported constant type"),
            ("b'a'", "Unsupported constant type"),
            ("None", "Unsupported constant type"),
            ("True", "Unsupported constant type"),
            ("...", "Unsupported constant type"),
            ("1j", "Unsupported constant type"),
            ("1e400", "out of range"),
            ("1e-400", "out of range"),
            ("+".join("1" * 251), "at most 500 characters"),
            ("(" * 51 + "1" + ")" * 51, "at most 50 deep"),
            ("-" * 60 + "1", "at most 50 deep"),
            ("-" * 499 + "1", "at most 50 deep"),
        ],
    )
    def test_says_what_is_wrong_at_upload(self, expression, text):
        price = {"type": "expr", "expr": expression}

        problems = pricing.validate(price, side="payout")

        assert [problem.path for problem in problems] == ["expr"]
        assert text in problems[0].message
        with pytest.raises(pricing.InvalidPrice, match=r"price\.expr"):
            pricing.cost(price, {"count": 1})

    @pytest.mark.parametrize("kind", ["tiered", "graduated"])
    def test_covers_based_on_too(self, kind):
        tier = (
            {"up_to": None, "price": {"type": "constant", "price": "1"}}
            if kind == "tiered"
            else {"up_to": None, "unit_price": "1"}
        )

        (problem,) = pricing.validate({"type": kind, "based_on": "count ** 2", "tiers": [tier]}, side="list")

        assert problem.text("list_price") == "list_price.based_on: Unsupported operator: Pow"

    @pytest.mark.parametrize("expression", ["+".join("1" * 250), "(" * 50 + "1" + ")" * 50, "-" * 50 + "1"])
    def test_spares_what_is_just_within_bounds(self, expression):
        assert value(expression) in (250, 1)


class TestFuzz:
    @given(st.text(max_size=60) | st.text(alphabet="0123456789.exj_+-*/()[]'\"{}%<>=~,:#@ abcountif", max_size=60))
    def test_any_text_is_an_expression_or_refused_in_words(self, text):
        try:
            parsed = parse_expression(text)
        except InvalidExpression as error:
            assert str(error)
        else:
            assert parsed.text == text.strip(" \t")


class TestWarning:
    def test_units_inside_expressions_do_not_convert(self):
        price = {"type": "expr", "expr": "one_hour * 60 + input_tokens"}

        (problem,) = pricing.validate(price, side="payout")

        assert problem.severity == "warning"
        assert problem.text("payout_price") == (
            "payout_price.expr: inside an expression 'one_hour' counts only usage in that very unit; "
            "nothing is converted"
        )

    def test_is_not_given_for_a_unit_on_its_own(self):
        assert pricing.validate({"type": "expr", "expr": "one_hour"}, side="payout") == []
