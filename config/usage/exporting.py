"""A chart's numbers as a file: a line for each stretch of time and thing, exact."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

from billing.rating.series import Asked, Cell
from domain import periods

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(cells: Sequence[Cell], asked: Asked, *, currency: str, name_of: Callable[[str], str]) -> str:
    """Return the table. from: in the clocks of the zone, with their offset; empty for what came late."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["from", asked.by, "name", "calls", "failures", "amount", "currency"])
    zone = periods.zone(asked.time_zone)
    for cell in cells:
        at = cell.at.astimezone(zone).isoformat() if cell.at else ""
        row = [at, _cell(cell.key), _cell(name_of(cell.key)), cell.requests, cell.failures, f"{cell.amount:f}"]
        writer.writerow([*row, currency])
    return table.getvalue()


def _cell(text: str) -> str:
    """Return a text that no spreadsheet runs."""
    return f"'{text}" if text.startswith(_FORMULA) else text
