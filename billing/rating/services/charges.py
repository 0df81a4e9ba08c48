"""Writes charges with COPY, the fastest way into a table."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db.backends.utils import CursorWrapper

from billing.rating.services.literals import NULL, copy_json, copy_line, copy_text
from billing.rating.services.rated import Rated

_COPY = (
    "COPY rating_charge (event_id, wallet_id, team_id, service_id, enrollment_id, api_key_id, price_id, lease_id,"
    " channel, outcome, status, usage, hold, cost, charged, state, flags, error, started_at, finished_at,"
    " period) FROM STDIN"
)


def write(cursor: CursorWrapper, charges: Iterable[tuple[Rated, Decimal]]) -> None:
    """Add the charges of rated events, each with what was charged of its cost. None of them has one yet."""
    lines = "".join(_line(rated, charged) for rated, charged in charges)
    if lines:
        # Django turns the driver's errors into its own in execute(), but not in copy()
        with cursor.db.wrap_database_errors, cursor.copy(_COPY) as copy:
            copy.write(lines)


def _line(rated: Rated, charged: Decimal) -> str:
    event, rating = rated.event, rated.rating
    cells = (
        event.event_id,
        event.wallet_id,
        event.team_id,
        event.service_id,
        event.enrollment_id or NULL,
        event.api_key_id or NULL,
        event.price_version_id,
        event.lease_id or NULL,
        copy_text(event.channel or ""),
        event.outcome,
        str(event.status),
        copy_json(event.usage),
        str(event.hold),
        str(rating.cost),
        str(charged),
        "unpriced" if rating.error else "charged",
        copy_json((*event.flags, *rating.flags)),
        copy_text(rating.error),
        event.started_at.isoformat(),
        event.finished_at.isoformat(),
        rated.period,
    )
    return copy_line(cells)
