"""A statement as data: CSV for spreadsheets, JSON for programs. Amounts have all twelve places."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from billing.statements.contents import Contents, Line, Movement

#: The first characters by which a spreadsheet takes a text for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

COLUMNS = (
    "section", "description", "enrollment", "channel", "late_months", "requests", "metrics", "list", "included_quota",
    "promotions", "not_charged", "net", "booked_at", "memo",
)  # fmt: skip


def as_csv(contents: Contents) -> bytes:
    """Return a row for each line and each movement, and the balances. UTF-8 with a mark, so that Excel reads it."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\r\n", restval="")
    table.writeheader()
    table.writerows(_rows(contents))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _rows(contents: Contents) -> Iterator[dict[str, str]]:
    yield {"section": "opening balance", "net": exact(contents.opening_balance)}
    for line in contents.lines:
        yield {
            "section": str(line.kind),
            "description": _text(_described(line)),
            "enrollment": _text(line.enrollment_code),
            "channel": _text(line.channel),
            "late_months": " ".join(f"{month:%Y-%m}" for month in line.late_months),
            "requests": str(line.requests),
            "metrics": " ".join(f"{name}={quantity}" for name, quantity in line.metrics),
            "list": exact(line.listed),
            "included_quota": exact(line.covered),
            "promotions": exact(line.discounted),
            "not_charged": exact(line.waived),
            "net": exact(line.net),
        }
    yield {"section": "usage total", "net": exact(contents.usage)}
    for movement in contents.movements:
        yield {
            "section": movement.kind,
            "description": _text(movement.label),
            "net": exact(movement.amount),
            "booked_at": movement.at.isoformat(),
            "memo": _text(movement.memo),
        }
    yield {"section": "closing balance", "net": exact(contents.closing_balance)}


def as_json(contents: Contents) -> bytes:
    """Return all of a statement; amounts are texts."""
    document = {
        "number": contents.number,
        "period": f"{contents.period:%Y-%m}",
        "starts_at": contents.starts_at.isoformat(),
        "ends_at": contents.ends_at.isoformat(),
        "time_zone": contents.time_zone,
        "issued_at": contents.issued_at.isoformat() if contents.issued_at else None,
        "currency": contents.currency,
        "issuer": contents.issuer.to_json(),
        "customer": contents.customer.to_json(),
        "tax_note": contents.tax_note,
        "opening_balance": exact(contents.opening_balance),
        "closing_balance": exact(contents.closing_balance),
        "totals": {
            "list": exact(contents.listed),
            "included_quota": exact(contents.covered),
            "promotions": exact(contents.discounted),
            "not_charged": exact(contents.waived),
            "usage": exact(contents.usage),
            "fees": exact(contents.fees),
            "total": exact(contents.total),
            "total_in_cents": f"{contents.total_in_cents:f}",
            "top_ups": exact(contents.top_ups),
            "credits": exact(contents.credits),
            "refunds": exact(contents.refunds),
        },
        "lines": [_line(line, cents) for line, cents in contents.lines_in_cents],
        "movements": [_movement(movement) for movement in contents.movements],
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def _line(line: Line, cents: Decimal) -> dict[str, Any]:
    return {
        "kind": str(line.kind),
        "service_id": line.service_id and str(line.service_id),
        "service": line.service_name,
        "enrollment": line.enrollment_code,
        "channel": line.channel,
        "late_months": [f"{month:%Y-%m}" for month in line.late_months],
        "requests": line.requests,
        "metrics": dict(line.metrics),
        "list": exact(line.listed),
        "included_quota": exact(line.covered),
        "promotions": [promotion.to_json() for promotion in line.promotions],
        "not_charged": exact(line.waived),
        "net": exact(line.net),
        "net_in_cents": f"{cents:f}",
    }


def _movement(movement: Movement) -> dict[str, Any]:
    return {
        "kind": movement.kind,
        "label": movement.label,
        "memo": movement.memo,
        "booked_at": movement.at.isoformat(),
        "amount": exact(movement.amount),
    }


def exact(amount: Decimal) -> str:
    """Return an amount with all places of the books."""
    return f"{amount:.12f}"


def _described(line: Line) -> str:
    names = ", ".join(promotion.name for promotion in line.promotions)
    return f"{names} ({line.service_name})" if line.is_promotion else line.service_name


def _text(written: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{written}" if written.startswith(_FORMULA) else written
