"""Sends events that were set aside back to the inbox, once what kept them from being settled is mended."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

_SEND_BACK = """
    WITH sent AS (
        DELETE FROM rating_usagequarantine WHERE event_id = ANY (%s)
        RETURNING event_id, gateway_id, wallet_id, lease_id, payload, received_at
    )
    INSERT INTO rating_usageinbox (event_id, gateway_id, wallet_id, lease_id, payload, received_at)
    SELECT event_id, gateway_id, wallet_id, lease_id, payload, received_at FROM sent
    ON CONFLICT DO NOTHING
"""


def retry(*, event_ids: Iterable[UUID]) -> None:
    """Send events back to the inbox; the next batch settles them, or sets them aside again."""
    with connection.cursor() as cursor:
        cursor.execute(_SEND_BACK, [list(event_ids)])
