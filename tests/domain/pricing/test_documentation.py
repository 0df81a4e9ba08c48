"""The numbers in docs/algorithms are computed here, row by row."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from domain import money, pricing
from tests.domain.pricing.examples import cost

DOCS = Path(__file__).parents[3] / "docs" / "algorithms"


def rows(page: str, *header: str) -> list[list[str]]:
    """Return the cells of every table on a page that has this header."""
    found: list[list[str]] = []
    inside = False
    for line in (DOCS / page).read_text().splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split(" | ")] if line[:1] == "|" else []
        if cells == list(header):
            inside = True
        elif not cells:
            inside = False
        elif inside and not cells[0].startswith("---"):
            found.append(cells)
    return found


class TestPricingPage:
    def test_has_its_tables(self):
        assert len(rows("pricing.md", "Price", "Usage", "Cost")) == 38

    @pytest.mark.parametrize(("price", "usage", "expected"), rows("pricing.md", "Price", "Usage", "Cost"))
    def test_costs(self, price, usage, expected):
        assert cost(json.loads(price), json.loads(usage)) == Decimal(expected)

    @pytest.mark.parametrize(("price", "bounds", "expected"), rows("pricing.md", "Price", "At most", "Holds"))
    def test_holds(self, price, bounds, expected):
        assert pricing.worst_case(json.loads(price), max_usage=json.loads(bounds)) == Decimal(expected)

    @pytest.mark.parametrize(("price", "shown", "amount"), rows("pricing.md", "Price", "Shown", "Sorted by"))
    def test_shows(self, price, shown, amount):
        assert pricing.nominal(json.loads(price)) == pricing.Nominal(shown, Decimal(amount))

    @pytest.mark.parametrize(("promotion", "charge", "left"), rows("pricing.md", "Promotion", "Charge", "Left"))
    def test_promotions(self, promotion, charge, left):
        assert pricing.compile(json.loads(promotion)).after_promotion(Decimal(charge), {}) == Decimal(left)


class TestRoundingPage:
    def test_has_its_table(self):
        assert len(rows("rounding.md", "Computed", "Booked")) == 6

    @pytest.mark.parametrize(("computed", "booked"), rows("rounding.md", "Computed", "Booked"))
    def test_books(self, computed, booked):
        assert format(money.rounded(Decimal(computed)), "f") == booked

    def test_amounts_up_to_a_billion_keep_more_decimals_than_the_books(self):
        share = pricing.cost({"type": "one_hour", "price": "999999999"}, {"seconds": 1234.567})

        assert share.as_tuple().exponent <= -18
