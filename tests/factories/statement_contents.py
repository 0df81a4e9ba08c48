"""What statements say, without a database: to be printed, invoiced and read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.statements.contents import Contents, Discount, Line, Movement, Party
from billing.statements.models import LineKind


def day(number: int, month: int = 11) -> datetime:
    return datetime(2026, month, number, 9, tzinfo=UTC)


def line(name: str, net: str, **facts: Any) -> Line:
    """Return a usage line; its list price is what is left after the discounts, and them."""
    amounts = {key: Decimal(facts.pop(key, "0")) for key in ("covered", "discounted", "waived")}
    facts = {
        "service_id": UUID(int=1),
        "requests": 1200,
        "metrics": (("input_tokens", "1200345"), ("output_tokens", "34567")),
        **facts,
    }
    listed = Decimal(net) + sum(amounts.values())
    return Line(kind=LineKind.USAGE, service_name=name, net=Decimal(net), listed=listed, **amounts, **facts)


def promotion(name: str, amount: str) -> Line:
    """Return a promotion on the statement."""
    off = Decimal(amount)
    return Line(
        LineKind.PROMOTION,
        UUID(int=1),
        "Acme Chat",
        -off,
        discounted=off,
        promotions=(Discount("1", name, off, "platform"),),
    )


def fee(amount: str, memo: str = "Acme Pro, 3 November to 2 December", seq: int = 2) -> Movement:
    return Movement(seq, day(3), "fee", "Subscription fee", memo, -Decimal(amount))


TOP_UP = Movement(1, day(2), "top_up", "Top-up", "Visa ending in 4242", Decimal(50))
LINES = (
    line("Acme Chat", "5.004", discounted="0.556", promotions=(Discount("2", "Launch", Decimal("0.556"), "seller"),)),
    line("Image Forge", "0.004", requests=2, metrics=(("images", "2"),)),
    line("Weather", "0", covered="2.5", metrics=(), enrollment_code="K7QM4T9Z", channel="fast"),
    line("Acme Chat", "0.3333", late_months=(date(2026, 10, 1),)),
    promotion("November −10 %", "0.5"),
)
MOVEMENTS = (
    TOP_UP,
    fee("9.9"),
    Movement(3, day(9), "grant", "Credit granted", "Welcome", Decimal("0.125")),
    Movement(4, day(20), "refund", "Refund to the card", "", Decimal(-5)),
)


def contents(**facts: Any) -> Contents:
    """Return the statement of docs/algorithms/statements.md, or one that differs from it."""
    said: dict[str, Any] = {
        "number": "2026-000123",
        "issued_at": day(1, 12),
        "period": date(2026, 11, 1),
        "starts_at": datetime(2026, 10, 31, 23, tzinfo=UTC),
        "ends_at": datetime(2026, 11, 30, 23, tzinfo=UTC),
        "time_zone": "Europe/Vienna",
        "currency": "USD",
        "issuer": Party("Onekey", ("1 Example Street", "12345 Example City"), "US", "US123456789"),
        "customer": Party("Buyer GmbH", ("Ringstraße 1", "1010 Wien"), "AT", "ATU12345678"),
        "tax_note": "No tax is added to these amounts.",
        "opening_seq": 0,
        "opening_balance": Decimal("12.5"),
        "lines": LINES,
        "movements": MOVEMENTS,
        **facts,
    }
    return Contents(**said)
