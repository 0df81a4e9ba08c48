"""CSV and JSON have every digit, and add up."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

from billing.statements import tables
from tests.factories.statement_contents import contents, line


def rows(written: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written.decode("utf-8-sig"))))


class TestCsv:
    def test_adds_up_to_the_last_digit(self):
        found = rows(tables.as_csv(contents()))

        net = {row["section"]: Decimal(0) for row in found}
        for row in found:
            net[row["section"]] += Decimal(row["net"])
        assert net["usage"] + net["promotion"] == net["usage total"] == Decimal("4.8413")
        moved = net["top_up"] + net["fee"] + net["grant"] + net["refund"]
        assert net["opening balance"] + moved - net["usage total"] == net["closing balance"] == Decimal("42.8837")

    def test_writes_twelve_places(self):
        assert rows(tables.as_csv(contents()))[1]["net"] == "5.004000000000"

    def test_holds_no_formula(self):
        names = ['=HYPERLINK("http://x.example")', "+1", "-1", "@SUM(A1)", "\tx", "Fine"]
        found = rows(tables.as_csv(contents(lines=[line(name, "1") for name in names])))

        assert [row["description"] for row in found if row["section"] == "usage"] == [
            *(f"'{name}" for name in names[:-1]),
            "Fine",
        ]


class TestJson:
    def test_says_all_of_it(self):
        found = json.loads(tables.as_json(contents()))

        lines = found["lines"]
        assert sum(Decimal(each["net"]) for each in lines) == Decimal(found["totals"]["usage"])
        fees = Decimal(found["totals"]["fees"])
        in_cents = sum(Decimal(each["net_in_cents"]) for each in lines) + fees
        assert in_cents == Decimal(found["totals"]["total_in_cents"]) == Decimal("14.74")
        assert lines[3]["late_months"] == ["2026-10"]
        assert lines[0]["promotions"] == [{"id": "2", "name": "Launch", "amount": "0.556", "funded_by": "seller"}]
        assert found["customer"]["tax_id"] == "ATU12345678"
