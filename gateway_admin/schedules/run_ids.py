"""The id of a run: made of its schedule and its time, so that whoever makes it twice makes the same one."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid5


def run_id(schedule_id: UUID, due_at: datetime) -> UUID:
    """Return the id. It is the idempotency key of every attempt."""
    return uuid5(schedule_id, due_at.astimezone(UTC).isoformat(timespec="microseconds"))
