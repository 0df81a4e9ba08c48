"""Ids as moments: the first 48 bits of a request id are the milliseconds at which it was made."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

_LAST_MS = (1 << 48) - 1


def bound(moment: datetime) -> UUID:
    """Return the smallest id of a moment, to the millisecond."""
    milliseconds = min(max(int(moment.timestamp() * 1000), 0), _LAST_MS)
    return UUID(int=milliseconds << 80)


def moment(request_id: UUID) -> datetime:
    """Return when an id was made."""
    return datetime.fromtimestamp((request_id.int >> 80) / 1000, UTC)
