"""Settles the inbox: claim, rate, book, in one transaction. A batch replayed or a consumer killed changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import DataError, IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper

from billing.rating.services import booking, funds, inbox
from billing.rating.services.attention import call_for_attention
from billing.rating.services.booking import Outcome
from billing.rating.services.rated import Rated, rate_all

logger = logging.getLogger(__name__)

#: For this transaction only. A batch touches few rows of large tables, by their keys: reading such a table whole, to
#: hash it, costs more than the batch and grows with the number of wallets, and the planner would do so in the middle
#: sizes. And nobody need wait for the disk: what a crash takes back is in the inbox again, whole, and later commits
#: carry this one with them.
_SET_UP = (
    "SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),"
    " set_config('synchronous_commit', 'off', true)"
)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a batch. duplicates: events that had their charge already."""

    claimed: int = 0
    charges: int = 0
    duplicates: int = 0
    unpriced: int = 0
    quarantined: int = 0

    def __add__(self, other: Settled) -> Settled:
        return Settled(
            self.claimed + other.claimed,
            self.charges + other.charges,
            self.duplicates + other.duplicates,
            self.unpriced + other.unpriced,
            self.quarantined + other.quarantined,
        )


def settle(*, limit: int) -> Settled:
    """Settle up to `limit` events of the inbox. Consumers may run side by side.

    An event that cannot be read or written goes to the quarantine; it never holds up the others.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        claimed = inbox.claim(cursor, limit)
        if not claimed:
            return Settled()
        cursor.execute(_SET_UP)
        rated, poison = rate_all(claimed)
        booked = _book_or_sort_out(cursor, rated)
        poison += booked.refused
        inbox.put_aside(cursor, poison)
        call_for_attention(booked.attention)
    for row, error in poison:
        logger.error("usage.quarantined event_id=%s wallet_id=%s error=%r", row.event_id, row.wallet_id, error)
    for each in booked.unpriced:
        logger.error("usage.unpriced event_id=%s error=%r", each.event.event_id, each.rating.error)
    return Settled(len(claimed), booked.charges, booked.duplicates, len(booked.unpriced), len(poison))


def _book_or_sort_out(cursor: CursorWrapper, rated: Sequence[Rated]) -> Outcome:
    """Book all at once; when PostgreSQL refuses a value, one by one, to find the event that carries it."""
    try:
        with transaction.atomic():
            return booking.book(cursor, rated)
    except (DataError, IntegrityError):
        logger.warning("usage.batch_refused events=%d: booking them one by one", len(rated))
    funds.lock_wallets(cursor, (each.event.wallet_id for each in rated))  # all of them first, in their order
    total = Outcome()
    for each in rated:
        try:
            with transaction.atomic():
                one = booking.book(cursor, [each])
        except (DataError, IntegrityError) as error:
            one = Outcome(refused=[(each.row, str(error))])
        total.add(one)
    return total
