"""The grammar of decimals and the plain text of numbers."""

from __future__ import annotations

from decimal import Decimal, getcontext

import pytest

from domain import pricing
from domain.pricing.decimals import arithmetic, number_text, plain


class TestParseDecimal:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("0", "0"),
            ("2.0", "2.0"),
            ("-1.50", "-1.50"),
            ("+3", "3"),
            (".5", "0.5"),
            ("5.", "5"),
            ("007", "7"),
            ("999999999999.999999999999999999", "999999999999.999999999999999999"),
        ],
    )
    def test_reads_digits_and_a_point(self, text, value):
        assert pricing.parse_decimal(text) == Decimal(value)

    def test_keeps_trailing_zeros(self):
        assert str(pricing.parse_decimal("2.00")) == "2.00"

    @pytest.mark.parametrize(
        "text",
        [
            *("", " ", ".", "-", "+.", "1 ", " 1", "1\n", "abc", "$1", "1,5", "1.2.3", "--1", "0x10"),
            *("NaN", "sNaN", "nan", "Infinity", "-inf", "1e-3", "1E5", "1e999999", "1_000", "٣", "１", "1\u00a0", "½"),
        ],
    )
    def test_refuses_everything_else(self, text):
        with pytest.raises(pricing.InvalidDecimal, match="is not a decimal number"):
            pricing.parse_decimal(text)

    @pytest.mark.parametrize(
        ("text", "side"), [("1234567890123", "before"), ("0.1234567890123456789", "after"), ("9" * 10_000, "before")]
    )
    def test_refuses_too_many_digits(self, text, side):
        with pytest.raises(pricing.InvalidDecimal, match=f"digits {side} the point") as caught:
            pricing.parse_decimal(text)

        assert len(str(caught.value)) < 120


class TestText:
    @pytest.mark.parametrize(
        ("number", "text"),
        [
            (0.1, "0.1"),
            (2.0, "2.0"),
            (1e-07, "0.0000001"),
            (1e21, "1" + "0" * 21),
            (5, "5"),
            (Decimal("1E-9"), "0.000000001"),
        ],
    )
    def test_of_a_json_number_is_the_shortest_without_an_exponent(self, number, text):
        assert number_text(number) == text

    @pytest.mark.parametrize(
        ("value", "text"),
        [("3.2700", "3.27"), ("-0", "0"), ("-0.00", "0"), ("1E+3", "1000"), ("1E-7", "0.0000001"), ("100", "100")],
    )
    def test_of_a_result_has_no_exponent_and_no_trailing_zeros(self, value, text):
        assert plain(Decimal(value)) == text


class TestArithmetic:
    def test_does_not_depend_on_the_callers_context(self):
        with arithmetic():
            getcontext().clear_flags()
        outer = getcontext().copy()
        getcontext().prec = 3
        try:
            assert pricing.cost({"type": "one_token", "price": "1.23456"}, {"input_tokens": 7}) == Decimal("8.64192")
            assert getcontext().prec == 3
        finally:
            getcontext().prec = outer.prec
