"""The electronic invoice: valid by its schema, and its totals are the statement's."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import facturx
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from billing.statements import invoice
from billing.statements.contents import Party
from billing.statements.countries import COUNTRIES
from tests.factories.statement_contents import TOP_UP, contents, fee, line, promotion

RAM = {"ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"}


def read(xml: bytes | None) -> etree._Element:
    assert xml is not None
    root = etree.fromstring(xml)
    facturx.xml_check_xsd(root, flavor="factur-x", level="en16931")
    return root


def amounts(root: etree._Element, path: str) -> list[Decimal]:
    return [Decimal(found.text) for found in root.xpath(f"//{path}", namespaces=RAM)]


def texts(root: etree._Element, path: str) -> list[str]:
    return [found.text for found in root.xpath(f"//{path}", namespaces=RAM)]


class TestTotals:
    def test_are_the_statements_in_cents(self):
        root = read(invoice.written(contents()))

        assert amounts(root, "ram:IncludedSupplyChainTradeLineItem//ram:LineTotalAmount") == [
            Decimal(text) for text in ("5.01", "0.00", "0.00", "0.33", "9.90")
        ]
        assert amounts(root, "ram:SpecifiedTradeAllowanceCharge/ram:ActualAmount") == [Decimal("0.50")]
        head = "ram:SpecifiedTradeSettlementHeaderMonetarySummation"
        expected = {
            "LineTotalAmount": Decimal("15.24"),
            "AllowanceTotalAmount": Decimal("0.50"),
            "GrandTotalAmount": Decimal("14.74"),
            "TotalPrepaidAmount": Decimal("14.74"),
            "DuePayableAmount": Decimal(0),
        }
        assert {name: amounts(root, f"{head}/ram:{name}")[0] for name in expected} == expected

    @settings(max_examples=40)
    @given(
        st.lists(st.decimals(min_value=0, max_value=1000, places=12), min_size=1, max_size=12),
        st.lists(st.decimals(min_value="0.000000000001", max_value=1, places=12), max_size=3),
    )
    def test_add_up_for_whatever_was_used(self, used, given_back):
        lines = [line(f"Service {number}", f"{net:f}") for number, net in enumerate(used)]
        said = contents(lines=[*lines, *(promotion("Off", f"{off:f}") for off in given_back)], movements=())
        xml = invoice.written(said)
        if not any(used) or said.total_in_cents < 0:
            assert xml is None
            return

        root = read(xml)

        lines_total = sum(amounts(root, "ram:IncludedSupplyChainTradeLineItem//ram:LineTotalAmount"))
        allowances = sum(amounts(root, "ram:SpecifiedTradeAllowanceCharge/ram:ActualAmount"))
        [grand] = amounts(root, "ram:GrandTotalAmount")
        assert lines_total - allowances == grand == said.total_in_cents
        assert amounts(root, "ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax/ram:BasisAmount") == [grand]


class TestWhatIsInvoiced:
    def test_is_nothing_when_nothing_was_sold(self):
        assert invoice.written(contents(lines=(), movements=(TOP_UP,))) is None
        assert invoice.written(contents(lines=(line("Free", "0"),), movements=())) is None

    def test_is_nothing_when_more_fees_were_given_back_than_sold(self):
        assert invoice.written(contents(lines=(line("Acme", "1"),), movements=(fee("-5"),))) is None

    def test_are_fees_alone_too(self):
        root = read(invoice.written(contents(lines=(), movements=(fee("9.9"),))))

        assert texts(root, "ram:SpecifiedTradeProduct/ram:Name") == ["Acme Pro, 3 November to 2 December"]
        assert amounts(root, "ram:GrandTotalAmount") == [Decimal("9.90")]

    def test_says_what_is_late(self):
        names = texts(read(invoice.written(contents())), "ram:SpecifiedTradeProduct/ram:Name")

        assert "Acme Chat, October 2026, arrived late" in names

    def test_survives_names_that_no_xml_can_hold(self):
        said = contents(lines=(line("Bell\x07 <b>&amp;\x00", "1"),), movements=(), customer=Party("\x1f"))

        root = read(invoice.written(said))

        assert texts(root, "ram:SpecifiedTradeProduct/ram:Name") == ["Bell <b>&amp;"]
        assert texts(root, "ram:BuyerTradeParty/ram:Name") == ["–"]


class TestTaxes:
    def test_of_an_issuer_with_a_number_are_exempt_and_name_both(self):
        root = read(invoice.written(contents()))

        assert set(texts(root, "ram:CategoryCode")) == {"E"}
        assert texts(root, "ram:SpecifiedTaxRegistration/ram:ID[@schemeID='VA']") == ["US123456789", "ATU12345678"]

    def test_of_an_issuer_without_are_outside_and_name_no_tax_number(self):
        """EN 16931, BR-O-2 to 4: who is not subject to tax gives no tax numbers."""
        root = read(invoice.written(contents(issuer=Party("Onekey", ("1 Street",), "US"))))

        assert set(texts(root, "ram:CategoryCode")) == {"O"}
        assert texts(root, "ram:SpecifiedTaxRegistration/ram:ID") == []
        assert texts(root, "ram:RateApplicablePercent") == []
        assert texts(root, "ram:BuyerTradeParty/ram:ID") == ["ATU12345678"]
        assert texts(root, "ram:SellerTradeParty/ram:ID") == ["Onekey"]


def test_countries_are_those_of_the_standard():
    path = Path(facturx.__file__).parent / "xsd_and_schematron/facturx-en16931/FACTUR-X_EN16931_codedb.xml"
    known = {value for found in etree.parse(path).iter() for value in found.attrib.values() if len(value) == 2}

    assert set(COUNTRIES) - known == set()
    assert len(COUNTRIES) == 249
