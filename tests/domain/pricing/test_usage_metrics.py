"""Groups of units, the order in which they are tried, and hostile usage."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import permutations

import pytest

from domain import pricing
from domain.pricing.usage_metrics import GROUPS, METRICS, WHOLE, read_usage, resolve

#: Seconds, bytes, tokens, ... per unit, written out a second time on purpose.
FACTORS = {
    "token": {"one_token": 1, "one_thousand_tokens": 1_000, "one_million_tokens": 1_000_000},
    "time": {
        "seconds": 1,
        "duration_seconds": 1,
        "one_second": 1,
        "one_minute": 60,
        "one_hour": 3_600,
        "one_day": 86_400,
        "one_month": 2_592_000,
    },
    "data": {"one_byte": 1, "one_kilobyte": 1_024, "one_megabyte": 1_048_576, "one_gigabyte": 1_073_741_824},
    "count": {"count": 1, "images_generated": 1, "one_thousand": 1_000, "one_million": 1_000_000},
    "character": {
        "characters": 1,
        "one_character": 1,
        "one_thousand_characters": 1_000,
        "one_million_characters": 1_000_000,
    },
}
HOSTILE = [
    *(-1, -0.5, 10**18 + 1, 10**5000, float("nan"), float("inf"), float("-inf"), 1e300),
    *(Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1E+999999"), Decimal("1E-999999")),
    *(True, False, "", "1e5", " 1", "NaN", "٣", [], {}, b"1", object()),
]
PAIRS = [(group, a, b) for group, units in FACTORS.items() for a, b in permutations(units, 2)]


class TestGroups:
    def test_are_the_documented_ones_in_order(self):
        assert {g.name: dict(g.factors) for g in GROUPS} == FACTORS
        assert [list(g.factors) for g in GROUPS] == [list(units) for units in FACTORS.values()]

    @pytest.mark.parametrize(("group", "given", "wanted"), PAIRS)
    def test_convert_every_unit_into_every_other(self, group, given, wanted):
        found = resolve(wanted, {given: 12})

        exact = Fraction(12 * FACTORS[group][given], FACTORS[group][wanted])
        assert found is not None
        assert abs(Fraction(found) - exact) <= exact / 10**27

    @pytest.mark.parametrize("group", FACTORS)
    def test_never_convert_into_each_other(self, group):
        others = {unit: 1 for name, units in FACTORS.items() if name != group for unit in units}

        for unit in FACTORS[group]:
            assert resolve(unit, others) is None

    def test_a_unit_itself_wins_over_its_relatives(self):
        assert resolve("one_minute", {"seconds": 600, "one_minute": 3}) == 3

    def test_else_the_first_unit_of_the_table_wins(self):
        assert resolve("one_minute", {"one_hour": 5, "one_second": 120, "seconds": 60}) == 1
        assert resolve("one_thousand", {"one_million": 1, "images_generated": 500}) == Decimal("0.5")

    def test_zero_is_present(self):
        assert resolve("one_minute", {"seconds": 0, "one_hour": 1}) == 0

    def test_directions_of_data_are_no_units(self):
        assert resolve("one_byte", {"bytes_in": 5, "bytes_out": 7}) is None


class TestReadUsage:
    def test_keeps_known_metrics_and_leaves_out_the_rest(self):
        usage = {"input_tokens": 5, "output_tokens": None, "model": "x", "one_hour": 0.1, "prompt_tokens_details": {}}

        assert read_usage(usage) == {"input_tokens": 5, "one_hour": Decimal("0.1")}

    @pytest.mark.parametrize(
        ("value", "amount"),
        [(0.1, "0.1"), (1e-7, "0.0000001"), (Decimal("2.50"), "2.50"), ("2.5", "2.5"), (7, "7"), (10**18, str(10**18))],
    )
    def test_reads_numbers_by_their_shortest_text(self, value, amount):
        assert read_usage({"seconds": value})["seconds"] == Decimal(amount)

    @pytest.mark.parametrize("value", [5, 5.0, "5", Decimal("5.00")])
    def test_whole_metrics_are_ints(self, value):
        found = read_usage({"input_tokens": value})["input_tokens"]

        assert (found, type(found)) == (5, int)

    @pytest.mark.parametrize("value", HOSTILE, ids=lambda value: f"{value!s:.20}" if type(value) is not int else "int")
    def test_refuses_hostile_amounts(self, value):
        for metric in METRICS:
            with pytest.raises(pricing.PricingError, match=f"usage '{metric}' must be") as caught:
                read_usage({metric: value})

            assert len(str(caught.value)) < 150

    @pytest.mark.parametrize("value", [1.5, "1.5", Decimal("0.1")])
    def test_refuses_fractions_of_whole_things(self, value):
        for metric in WHOLE:
            with pytest.raises(pricing.PricingError, match=f"usage '{metric}' must be a whole number"):
                read_usage({metric: value})


class TestHostileUsage:
    """It is refused whatever the price reads, and lenient prices do not skip it."""

    @pytest.mark.parametrize(
        "price",
        [
            {"type": "constant", "price": "1"},
            {"type": "first", "prices": [{"type": "one_second", "price": "1"}, {"type": "constant", "price": "0"}]},
            {"type": "min", "prices": [{"type": "one_second", "price": "1"}, {"type": "constant", "price": "0"}]},
        ],
    )
    def test_is_never_priced(self, price):
        with pytest.raises(pricing.PricingError, match="usage 'seconds' must be"):
            pricing.cost(price, {"seconds": -5})

    @pytest.mark.parametrize("count", [-1, 1.5, True, "5"])
    def test_request_count_must_be_a_whole_number(self, count):
        with pytest.raises(pricing.PricingError, match="request_count must be"):
            pricing.cost({"type": "constant", "price": "1"}, {}, request_count=count)

    @pytest.mark.parametrize("charge", [1.5, "5", Decimal("NaN"), Decimal("Infinity"), True])
    def test_customer_charge_must_be_a_finite_decimal(self, charge):
        with pytest.raises(pricing.PricingError, match="customer_charge must be"):
            pricing.cost({"type": "constant", "price": "1"}, {}, customer_charge=charge)

    def test_a_cost_that_no_book_can_hold_is_refused(self):
        price = {"type": "multiply", "factor": "999999999999", "base": {"type": "one_token", "price": "999999999999"}}

        with pytest.raises(pricing.PricingError, match="beyond"):
            pricing.cost(price, {"input_tokens": 10**18})
