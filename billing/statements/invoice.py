"""The electronic invoice of a month: Factur-X, profile EN 16931, checked against its schema before it is stored.

It invoices the usage and the fees, in cents, paid out of the wallet. Top-ups, refunds and credits are payments and
stand on the statement alone. Source: docs/algorithms/statements.md, "The electronic invoice".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from lxml import etree
from lxml.builder import ElementMaker

from billing.statements.contents import Contents, Line, Party

_PROFILE = "urn:cen.eu:en16931:2017"
_NAMESPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
_RSM, _RAM, _UDT = (ElementMaker(namespace=_NAMESPACES[prefix], nsmap=_NAMESPACES) for prefix in ("rsm", "ram", "udt"))
#: UNTDID 1001: a commercial invoice. UN/ECE 20: one. UNTDID 4461: settled in another way, here out of a wallet.
_INVOICE, _ONE, _OUT_OF_THE_WALLET = "380", "C62", "1"
#: UNTDID 5305: exempt, which needs the issuer's tax number; not subject to tax, which must not name any.
_EXEMPT, _NOT_SUBJECT = "E", "O"

#: An element of lxml, which has no types.
_Element: TypeAlias = Any


def written(contents: Contents) -> bytes | None:
    """Return the invoice as XML. None for a month without anything to invoice, or with more given back than sold."""
    import facturx  # reads PDFs and lists of currencies, which would make every process start a tenth later

    is_sale = any(line.net > 0 for line in contents.lines) or any(fee.amount < 0 for fee in contents.fee_movements)
    if not is_sale or contents.total_in_cents < 0:
        return None
    document = _RSM.CrossIndustryInvoice(
        _RSM.ExchangedDocumentContext(_RAM.GuidelineSpecifiedDocumentContextParameter(_RAM.ID(_PROFILE))),
        _RSM.ExchangedDocument(
            _RAM.ID(contents.number or ""),
            _RAM.TypeCode(_INVOICE),
            _RAM.IssueDateTime(_day(contents.issued_at.date() if contents.issued_at else contents.last_day)),
            _RAM.IncludedNote(_RAM.Content(contents.tax_note)),
        ),
        _RSM.SupplyChainTradeTransaction(
            *_lines(contents),
            _RAM.ApplicableHeaderTradeAgreement(
                _party("SellerTradeParty", contents.issuer, _is_taxed(contents)),
                _party("BuyerTradeParty", contents.customer, _is_taxed(contents)),
            ),
            _RAM.ApplicableHeaderTradeDelivery(
                _RAM.ActualDeliverySupplyChainEvent(_RAM.OccurrenceDateTime(_day(contents.last_day)))
            ),
            _settlement(contents),
        ),
    )
    facturx.xml_check_xsd(document, flavor="factur-x", level="en16931")
    xml: bytes = etree.tostring(document, pretty_print=True, xml_declaration=True, encoding="UTF-8")
    return xml


def _is_taxed(contents: Contents) -> bool:
    """Return whether the issuer has a tax number, so that the invoice is one of a taxable person."""
    return bool(contents.issuer.tax_id)


def _lines(contents: Contents) -> Iterator[_Element]:
    """Yield what was sold. What promotions take off the statement, and fees given back, are allowances."""
    category = _EXEMPT if _is_taxed(contents) else _NOT_SUBJECT
    sold = [
        (_described(line), line.quantities, cents) for line, cents in contents.lines_in_cents if not line.is_promotion
    ]
    sold += [(fee.memo or fee.label, [], cents) for fee, cents in contents.fees_in_cents if cents >= 0]
    for number, (name, quantities, cents) in enumerate(sold, start=1):
        yield _RAM.IncludedSupplyChainTradeLineItem(
            _RAM.AssociatedDocumentLineDocument(_RAM.LineID(str(number))),
            _RAM.SpecifiedTradeProduct(
                _RAM.Name(_printable(name)), *([_RAM.Description(", ".join(quantities))] if quantities else [])
            ),
            _RAM.SpecifiedLineTradeAgreement(_RAM.NetPriceProductTradePrice(_RAM.ChargeAmount(f"{cents:f}"))),
            _RAM.SpecifiedLineTradeDelivery(_RAM.BilledQuantity("1", unitCode=_ONE)),
            _RAM.SpecifiedLineTradeSettlement(
                _tax(category),
                _RAM.SpecifiedTradeSettlementLineMonetarySummation(_RAM.LineTotalAmount(f"{cents:f}")),
            ),
        )


def _described(line: Line) -> str:
    parts = [line.service_name, line.enrollment_code, line.channel, line.late]
    return ", ".join(part for part in parts if part)


def _party(element: str, party: Party, is_taxed: bool) -> _Element:
    """Return the issuer or the customer. A tax number that names its country is one for VAT.

    An issuer without such a number must be known by another one (EN 16931, BR-CO-26): by the one it has, or its name.
    """
    is_issuer = element == "SellerTradeParty"
    for_vat = is_taxed and party.tax_id[:2].isalpha()
    known_by = "" if for_vat else party.tax_id or (party.name if is_issuer else "")
    parts = [_RAM.ID(_printable(known_by))] if known_by else []
    parts.append(_RAM.Name(_printable(party.name)))
    if party.country:
        named = zip(("LineOne", "LineTwo", "LineThree"), party.address, strict=False)
        lines = [_RAM(name, _printable(line)) for name, line in named]
        parts.append(_RAM.PostalTradeAddress(*lines, _RAM.CountryID(party.country)))
    if party.tax_id and (for_vat or is_issuer):
        scheme = "VA" if for_vat else "FC"
        parts.append(_RAM.SpecifiedTaxRegistration(_RAM.ID(_printable(party.tax_id), schemeID=scheme)))
    return _RAM(element, *parts)


def _settlement(contents: Contents) -> _Element:
    allowances = [(_reason(line), -cents) for line, cents in contents.lines_in_cents if cents < 0]
    allowances += [(fee.memo or fee.label, -cents) for fee, cents in contents.fees_in_cents if cents < 0]
    taken_off = sum((amount for _, amount in allowances), start=Decimal(0))
    total, category = contents.total_in_cents, _EXEMPT if _is_taxed(contents) else _NOT_SUBJECT
    return _RAM.ApplicableHeaderTradeSettlement(
        _RAM.InvoiceCurrencyCode(contents.currency),
        _RAM.SpecifiedTradeSettlementPaymentMeans(_RAM.TypeCode(_OUT_OF_THE_WALLET)),
        _RAM.ApplicableTradeTax(
            _RAM.CalculatedAmount("0.00"),
            _RAM.TypeCode("VAT"),
            _RAM.ExemptionReason(contents.tax_note),
            _RAM.BasisAmount(f"{total:f}"),
            _RAM.CategoryCode(category),
            *_rate(category),
        ),
        _RAM.BillingSpecifiedPeriod(
            _RAM.StartDateTime(_day(contents.first_day)), _RAM.EndDateTime(_day(contents.last_day))
        ),
        *(_allowance(reason, amount, category) for reason, amount in allowances),
        _RAM.SpecifiedTradePaymentTerms(_RAM.Description("Paid out of the wallet.")),
        _RAM.SpecifiedTradeSettlementHeaderMonetarySummation(
            _RAM.LineTotalAmount(f"{total + taken_off:f}"),
            _RAM.AllowanceTotalAmount(f"{taken_off:f}"),
            _RAM.TaxBasisTotalAmount(f"{total:f}"),
            _RAM.TaxTotalAmount("0.00", currencyID=contents.currency),
            _RAM.GrandTotalAmount(f"{total:f}"),
            _RAM.TotalPrepaidAmount(f"{total:f}"),
            _RAM.DuePayableAmount("0.00"),
        ),
    )


def _allowance(reason: str, amount: Decimal, category: str) -> _Element:
    return _RAM.SpecifiedTradeAllowanceCharge(
        _RAM.ChargeIndicator(_UDT.Indicator("false")),
        _RAM.ActualAmount(f"{amount:f}"),
        _RAM.Reason(_printable(reason)),
        _RAM.CategoryTradeTax(_RAM.TypeCode("VAT"), _RAM.CategoryCode(category), *_rate(category)),
    )


def _reason(line: Line) -> str:
    return f"{', '.join(promotion.name for promotion in line.promotions)} ({line.service_name})"


def _tax(category: str) -> _Element:
    return _RAM.ApplicableTradeTax(_RAM.TypeCode("VAT"), _RAM.CategoryCode(category), *_rate(category))


def _rate(category: str) -> list[_Element]:
    """Return the rate of zero; what is not subject to tax has none."""
    return [] if category == _NOT_SUBJECT else [_RAM.RateApplicablePercent("0")]


def _day(day: date) -> _Element:
    return _UDT.DateTimeString(f"{day:%Y%m%d}", format="102")


def _printable(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return "".join(character for character in text if character.isprintable()) or "–"
