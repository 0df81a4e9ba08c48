from __future__ import annotations

from decimal import Decimal

import pytest

from common.amounts import written, written_exactly


class TestWritten:
    @pytest.mark.parametrize(
        ("amount", "currency", "text"),
        [
            ("0", "USD", "0.00"),
            ("12.5", "USD", "12.50"),
            ("1234567.891", "USD", "1,234,567.89"),
            ("1.005", "USD", "1.00"),
            ("1.015", "USD", "1.02"),
            ("0.5", "USD", "0.50"),
            ("0.0125", "USD", "0.0125"),
            ("0.01", "USD", "0.01"),
            ("0.00999", "USD", "0.00999"),
            ("0.0012345", "USD", "0.001234"),
            ("0.0000012345", "USD", "0.000001234"),
            ("0.000000000001", "USD", "0.000000000001"),
            ("-12.5", "USD", "−12.50"),
            ("-0.00001", "USD", "−0.00001"),
            ("1E+3", "USD", "1,000.00"),
            ("1E-7", "USD", "0.0000001"),
            ("1200", "JPY", "1,200"),
            ("0.5", "JPY", "0.5"),
        ],
    )
    def test_reads_well_and_is_never_rounded_to_nothing(self, amount, currency, text):
        assert written(Decimal(amount), currency) == text


class TestWrittenExactly:
    @pytest.mark.parametrize(
        ("amount", "text"),
        [
            ("3", "3.00"),
            ("0.075", "0.075"),
            ("1234.500000000001", "1,234.500000000001"),
            ("1E-12", "0.000000000001"),
            ("-2.10", "−2.10"),
        ],
    )
    def test_keeps_every_digit(self, amount, text):
        assert written_exactly(Decimal(amount)) == text
