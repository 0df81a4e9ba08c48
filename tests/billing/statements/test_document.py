"""docs/algorithms/statements.md says what happens."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from billing.ledger.models import TransactionKind
from billing.statements import queries
from billing.statements.cents import apportioned, in_cents
from billing.statements.models import Statement
from tests.architecture import house
from tests.factories.statements import at, closed, moved, used

TEXT = (house.ROOT / "docs/algorithms/statements.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """Return the rows of the table whose first column has this heading."""
    table = re.search(rf"^\| {re.escape(heading)} \|.*\n\|[ -|]+\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert table, heading
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].splitlines()]


def decimals(written: str) -> list[Decimal]:
    return [Decimal(each) for each in written.split(", ")]


@pytest.mark.parametrize(("exact", "cents", "total"), rows("exact amounts"))
def test_cents_are_as_written(exact, cents, total):
    assert apportioned(decimals(exact), "USD") == decimals(cents)
    assert in_cents(sum(decimals(exact)), "USD") == Decimal(total)


@pytest.mark.django_db
def test_months_are_as_written(wallet):
    events = rows("at (UTC)")
    for arrived, closing in (("at once", "2026-10-01 04:00"), ("late", "2026-11-01 05:00")):
        for when, what, amount, _, _ in (event for event in events if event[3] == arrived):
            if what == "call":
                used(wallet, amount, at(when))
            else:
                moved(wallet, amount, TransactionKind.TOP_UP, at(when))
        assert len(closed(wallet, at(closing))) == 1

    found = {f"{each.period:%B %Y}": each for each in Statement.objects.all()}
    assert len(found) == 2
    for name, *amounts in rows("statement"):
        each = found[name]
        said = [each.opening_balance, each.top_ups, each.usage, each.closing_balance]
        assert said == [Decimal(amount) for amount in amounts]
    for when, what, amount, _, where in events:
        contents = queries.contents(found[where.split(",")[0]])
        if what == "top-up":
            assert at(when) in {movement.at for movement in contents.movements}
        if '"' in where:
            assert where.split('"')[1] in {line.late for line in contents.lines}
            assert Decimal(amount) in {line.net for line in contents.lines}
