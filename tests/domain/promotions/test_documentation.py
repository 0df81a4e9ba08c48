"""Every worked number of docs/algorithms/promotions.md is computed."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from domain import pricing
from domain.promotions import Line, Quota, Rule, cover, discounts, net, on_statement

PAGE = (Path(__file__).parents[3] / "docs" / "algorithms" / "promotions.md").read_text()
SERVICE = UUID(int=1)


def table(first_cell: str, second_cell: str) -> list[list[str]]:
    """Return the rows below the one heading that begins with these cells."""
    _, found = PAGE.split(f"| {first_cell} | {second_cell} |")
    rows = found.split("\n\n")[0].splitlines()[2:]
    assert rows
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows]


def rules(cell: str) -> list[Rule]:
    prices = [json.loads(text) for text in re.findall(r"`([^`]+)`", cell)]
    return [Rule(str(n), f"Rule {n}", "seller", pricing.compile(price)) for n, price in enumerate(prices)]


def numbers(cell: str) -> list[Decimal]:
    return [Decimal(number) for number in re.split(r"[,;]\s*", cell) if number]


class TestPromotions:
    @pytest.mark.parametrize(("cost", "written", "off", "left"), table("list cost", "rules"))
    def test_take_off_what_the_page_says(self, cost, written, off, left):
        taken, _ = discounts(Decimal(cost), {}, rules(written))

        assert [each.amount for each in taken] == numbers(off)
        assert net(Decimal(cost), taken) == Decimal(left)


class TestQuotas:
    @pytest.mark.parametrize(("cost", "used", "lefts", "off", "left"), table("list cost", "quantity"))
    def test_take_off_what_the_page_says(self, cost, used, lefts, off, left):
        quotas = [Quota(str(n), "", "tokens", each) for n, each in enumerate(numbers(lefts))]

        taken = cover(Decimal(cost), {"input_tokens": int(used)}, quotas)

        assert [each.amount for each in taken] == numbers(off)
        assert net(Decimal(cost), taken) == Decimal(left)


class TestStatements:
    @pytest.mark.parametrize(("nets", "written", "off", "shares"), table("lines", "rules"))
    def test_are_lowered_as_the_page_says(self, nets, written, off, shares):
        lines = [Line(str(n), SERVICE, each) for n, each in enumerate(numbers(nets))]

        found = on_statement(lines, [(rule, frozenset({SERVICE})) for rule in rules(written)])

        assert [each.amount for each in found] == numbers(off)
        assert [part for each in found for part in each.per_line.values()] == numbers(shares)
