"""Older spellings become the one we store; strings stay as written."""

from __future__ import annotations

import copy
from decimal import Decimal

import pytest

from domain import pricing

IMAGE = {"type": "image", "price": "0.04"}


class TestNormalise:
    @pytest.mark.parametrize(
        ("document", "flat", "currency"),
        [
            (IMAGE, IMAGE, None),
            ({"currency": "EUR", "price_data": IMAGE}, IMAGE, "EUR"),
            ({"price_data": IMAGE}, IMAGE, None),
            (
                {"currency": "EUR", "price_data": IMAGE, "description": "d", "reference": "https://example.com"},
                {**IMAGE, "description": "d", "reference": "https://example.com"},
                "EUR",
            ),
            (
                {"price_data": {**IMAGE, "description": "inner"}, "description": "outer"},
                {**IMAGE, "description": "inner"},
                None,
            ),
            ({"price_data": {**IMAGE, "currency": "USD"}}, IMAGE, "USD"),
        ],
    )
    def test_lifts_the_nested_shape(self, document, flat, currency):
        before = copy.deepcopy(document)

        assert pricing.normalise(document) == (flat, currency, [])
        assert document == before

    def test_takes_a_currency_out_of_a_flat_price_with_a_warning(self):
        price, currency, (problem,) = pricing.normalise({**IMAGE, "currency": "USD"})

        assert (price, currency, problem.severity) == (IMAGE, "USD", "warning")

    def test_keeps_strings_as_written(self):
        price = {"type": "one_million_tokens", "input": "2.0", "output": "010.00", "description": " x "}

        assert pricing.normalise(price)[0] == price

    def test_renames_amount_of_constants_at_any_depth(self):
        price = {"type": "add", "prices": [IMAGE, {"type": "constant", "amount": "-5.00"}]}

        flat, _, (problem,) = pricing.normalise(price)

        assert flat["prices"][1] == {"type": "constant", "price": "-5.00"}
        assert problem.text("list_price") == "list_price.prices[1]: 'amount' is an older name; write 'price'"
        assert problem.severity == "warning"

    def test_does_not_rename_amount_beside_a_price(self):
        assert pricing.validate({"type": "constant", "amount": "1", "price": "2"}, side="list")[0].is_error

    @pytest.mark.parametrize(
        ("number", "text"),
        [(0.04, "0.04"), (2.0, "2.0"), (3, "3"), (1e-7, "0.0000001"), (Decimal("1.50"), "1.50"), (-1, "-1")],
    )
    def test_writes_numbers_as_their_shortest_text(self, number, text):
        price = {"type": "graduated", "based_on": "count", "tiers": [{"up_to": None, "unit_price": number}]}

        flat, _, (problem,) = pricing.normalise(price)

        assert flat["tiers"] == [{"up_to": None, "unit_price": text}]
        assert (problem.path, problem.severity) == ("tiers[0].unit_price", "warning")

    @pytest.mark.parametrize("written", [1000.0, "1000"])
    def test_writes_limits_as_whole_numbers(self, written):
        tiers = [{"up_to": written, "unit_price": "1"}, {"up_to": None, "unit_price": "2"}]

        flat, _, (problem,) = pricing.normalise({"type": "graduated", "based_on": "count", "tiers": tiers})

        assert flat["tiers"][0]["up_to"] == 1000
        assert type(flat["tiers"][0]["up_to"]) is int
        assert problem.severity == "warning"

    @pytest.mark.parametrize(("off", "factor"), [("20", "0.8"), (25, "0.75"), ("12.5", "0.875"), ("100", "0")])
    def test_reads_a_percentage_off_as_a_factor(self, off, factor):
        flat, _, problems = pricing.normalise({"percentage_off": off, "description": "sale"})

        assert flat == {"type": "multiply", "factor": factor, "description": "sale"}
        assert [problem.severity for problem in problems] == ["warning"]

    def test_leaves_a_senseless_percentage_off_for_the_reader(self):
        flat, _, problems = pricing.normalise({"percentage_off": "lots"})

        assert "type" not in flat
        (text,) = [problem.text("pricing") for problem in problems]
        assert text.startswith("pricing.percentage_off: 'lots' is not a decimal number")

    @pytest.mark.parametrize(
        ("document", "text"),
        [
            ({"price_data": 5}, "list_price.price_data: must be a price object, got the number '5'"),
            ({"price_data": IMAGE, "colour": "red"}, "list_price: unknown field 'colour' beside 'price_data'"),
            ({"price_data": IMAGE, "currency": "usd"}, "list_price.currency: must be a code like USD, got 'usd'"),
            ({"price_data": IMAGE, "currency": 5}, "list_price.currency: must be a code like USD, got '5'"),
            ({**IMAGE, "price_data": IMAGE}, "list_price: unknown field 'price_data'"),
        ],
    )
    def test_reports_what_it_cannot_lift(self, document, text):
        assert text in [problem.text("list_price") for problem in pricing.validate(document, side="list")]

    def test_is_idempotent(self):
        first, _, _ = pricing.normalise({"price_data": {"type": "constant", "amount": 1.5}, "currency": "USD"})

        assert pricing.normalise(first) == (first, None, [])

    def test_costs_are_the_same_in_every_spelling(self):
        assert pricing.cost(
            {"currency": "EUR", "price_data": {"type": "image", "price": 0.04}}, {"count": 1}
        ) == Decimal("0.04")

    @pytest.mark.parametrize("document", [None, 5, "x", [], [IMAGE]])
    def test_refuses_what_is_no_object(self, document):
        price, currency, (problem,) = pricing.normalise(document)

        assert (price, currency, problem.is_error) == ({}, None, True)
