"""The two queues of events: claim from the inbox, put aside into the quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.db.backends.utils import CursorWrapper


class Claimed(NamedTuple):
    """An event taken out of the inbox; it is back there unless the transaction commits."""

    event_id: str
    wallet_id: str
    lease_id: str | None
    payload: str
    gateway_id: str
    received_at: str


# The ids are gathered in an array first: inside IN (...) the planner may run the sub-select, locks and all, again.
_CLAIM = """
    DELETE FROM rating_usageinbox WHERE event_id = ANY (ARRAY(
        SELECT event_id FROM rating_usageinbox ORDER BY event_id LIMIT %s FOR UPDATE SKIP LOCKED
    )) RETURNING event_id::text, wallet_id::text, lease_id::text, payload, gateway_id, received_at::text
"""

_PUT_ASIDE = """
    INSERT INTO rating_usagequarantine
           (event_id, gateway_id, wallet_id, lease_id, payload, received_at, error, quarantined_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, now())
    ON CONFLICT (event_id) DO UPDATE SET error = excluded.error, quarantined_at = now()
"""


def claim(cursor: CursorWrapper, limit: int) -> list[Claimed]:
    """Take up to `limit` events that no other consumer works on, oldest first. Ids are texts, as in the events."""
    cursor.execute(_CLAIM, [limit])
    # RETURNING has no order; who is covered by the last of a quota or of the money shall not depend on chance
    return sorted(map(Claimed._make, cursor.fetchall()))


def put_aside(cursor: CursorWrapper, poison: Sequence[tuple[Claimed, str]]) -> None:
    """Keep events that cannot be settled, each with the reason."""
    for row, error in poison:
        cursor.execute(
            _PUT_ASIDE,
            [
                row.event_id,
                row.gateway_id,
                row.wallet_id,
                row.lease_id,
                row.payload,
                row.received_at,
                error[:2000].replace("\0", "?"),
            ],
        )
