"""Writes of calls for later and of kept answers that are not a gateway's."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway_admin.schedules.models import TaskAnswer

KEPT_FOR = timedelta(days=7)


def forget_answers(*, now: datetime) -> int:
    """Delete the answers that have been kept for long enough. Returns how many."""
    deleted, _ = TaskAnswer.objects.filter(created_at__lt=now - KEPT_FOR).delete()
    return deleted
