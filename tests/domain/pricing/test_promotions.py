"""What a promotion leaves of a charge."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain import pricing


class TestAfterPromotion:
    @pytest.mark.parametrize(
        ("promotion", "charge", "left"),
        [
            # a factor without base multiplies the charge
            ({"type": "multiply", "factor": "0.80"}, "10", "8"),
            ({"type": "multiply", "factor": "0"}, "10", "0"),
            ({"type": "multiply", "factor": "1.5"}, "10", "10"),
            ({"percentage_off": "20"}, "10", "8"),
            # a negative constant is an amount off, at most the whole charge
            ({"type": "constant", "price": "-3"}, "10", "7"),
            ({"type": "constant", "price": "-30"}, "10", "0"),
            # any other price replaces the charge when it is lower
            ({"type": "constant", "price": "4"}, "10", "4"),
            ({"type": "constant", "price": "40"}, "10", "10"),
            ({"type": "image", "price": "0.5"}, "10", "1"),
            (
                {"type": "min", "prices": [{"type": "image", "price": "0.5"}, {"type": "constant", "price": "0.7"}]},
                "10",
                "0.7",
            ),
        ],
    )
    def test_is(self, promotion, charge, left):
        assert pricing.compile(promotion).after_promotion(Decimal(charge), {"count": 2}) == Decimal(left)

    @pytest.mark.parametrize("charge", ["0", "0.000000000001", "123456.789"])
    @pytest.mark.parametrize("factor", ["-5", "0", "0.5", "1", "7"])
    def test_stays_between_nothing_and_the_charge(self, charge, factor):
        for promotion in ({"type": "multiply", "factor": factor}, {"type": "constant", "price": factor}):
            left = pricing.compile(promotion).after_promotion(Decimal(charge), {})

            assert 0 <= left <= Decimal(charge)

    def test_a_factor_alone_prices_nothing(self):
        with pytest.raises(pricing.PricingError, match="belongs in a promotion"):
            pricing.cost({"type": "multiply", "factor": "0.80"}, {"count": 1})
