"""Writes charges with COPY, the fastest way into a table."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from django.db.backends.utils import CursorWrapper

from billing.rating.services.literals import NULL, copy_json, copy_text
from billing.rating.services.rated import Booked

#: Charges that are sent to PostgreSQL at a time.
_PART = 100

_COPY = (
    "COPY rating_charge (event_id, wallet_id, team_id, service_id, enrollment_id, api_key_id, price_id, lease_id,"
    " channel, alias, outcome, status, usage, hold, list_cost, adjustments, cost, charged, state, flags, error,"
    " started_at, finished_at, period) FROM STDIN"
)


def write(cursor: CursorWrapper, booked: Iterable[Booked]) -> list[Booked]:
    """Add the charges of booked events, none of which has one yet, and return the events.

    They are booked while they are written: PostgreSQL takes in a part as the next one is made.
    """
    events = iter(booked)
    written = list(islice(events, _PART))
    if not written:
        return written
    # Django turns the driver's errors into its own in execute(), but not in copy()
    with cursor.db.wrap_database_errors, cursor.copy(_COPY) as copy:
        part = written
        while part:
            copy.write("".join(map(_line, part)))
            part = list(islice(events, _PART))
            written += part
    return written


def _line(booked: Booked) -> str:
    event, rating = booked.rated.event, booked.rated.rating
    adjustments = copy_json([each.to_json() for each in booked.adjustments]) if booked.adjustments else "[]"
    flags = copy_json(booked.flags) if booked.flags else "[]"
    channel, alias = copy_text(event.channel or ""), copy_text(booked.alias)
    # ids, numbers and outcomes come from a closed alphabet; only texts are escaped
    return (
        f"{event.event_id}\t{event.wallet_id}\t{event.team_id}\t{event.service_id}\t{event.enrollment_id or NULL}\t"
        f"{event.api_key_id or NULL}\t{event.price_version_id}\t{event.lease_id or NULL}\t"
        f"{channel}\t{alias}\t{event.outcome}\t{event.status}\t"
        f"{copy_json(event.usage)}\t{event.hold}\t{rating.cost}\t{adjustments}\t{booked.cost}\t{booked.charged}\t"
        f"{'unpriced' if rating.error else 'charged'}\t{flags}\t{copy_text(rating.error) if rating.error else ''}\t"
        f"{event.started_at.isoformat()}\t{event.finished_at.isoformat()}\t{booked.period}\n"
    )
