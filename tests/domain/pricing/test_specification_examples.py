"""Every worked example of the pricing specification is valid where it belongs and costs what it says."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain import pricing
from tests.domain.pricing.examples import SPECIFICATION, cost


@pytest.mark.parametrize("example", SPECIFICATION, ids=lambda example: example["name"])
class TestExample:
    def test_is_valid_on_its_side(self, example):
        assert pricing.validate(example["price"], side=example["side"]) == []

    def test_costs_what_it_says(self, example):
        assert example["cases"]
        for case in example["cases"]:
            assert cost(example["price"], case["given"]) == Decimal(case["cost"])

    def test_round_trips(self, example):
        assert pricing.normalise(example["price"]) == (example["price"], None, [])

    def test_can_be_explained(self, example):
        explanation = pricing.explain(example["price"])

        assert explanation.sentence
        assert explanation.rows
        assert explanation.typical
