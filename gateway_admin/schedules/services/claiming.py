"""Who makes which run: claims, leases, and what becomes of the runs of a process that has died."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from gateway_admin.schedules.models import Run, RunState
from gateway_admin.schedules.services import results

#: A process that was not heard of for so long has died; others take up its runs.
LEASE = timedelta(seconds=15)
#: A run is begun so often at most: one that kills its process must not kill them all, again and again.
MOST_ATTEMPTS = 5
_CLAIM = """
WITH free AS (
  SELECT r.schedule_id, r.due_at
  FROM schedules_run AS r JOIN schedules_schedule AS s ON s.id = r.schedule_id
  WHERE r.state = 'pending' AND r.not_before <= %(now)s
    AND (r.kind <> 'due' OR s.state = 'active')
    AND (r.kind <> 'due' OR s.overlap = 'allow' OR NOT EXISTS (
      SELECT 1 FROM schedules_run AS other
      WHERE other.schedule_id = r.schedule_id AND other.kind = 'due' AND other.state IN ('pending', 'started')
        AND (other.state = 'started' OR other.due_at < r.due_at)))
  ORDER BY r.not_before LIMIT %(limit)s
  FOR UPDATE OF r SKIP LOCKED
)
UPDATE schedules_run AS r
SET state = 'started', worker = %(worker)s, attempt = r.attempt + 1, lease_until = %(lease_until)s,
    started_at = coalesce(r.started_at, %(now)s), error_code = '', error = ''
FROM free WHERE r.schedule_id = free.schedule_id AND r.due_at = free.due_at
RETURNING r.id
"""


@transaction.atomic
def claim(*, worker: str, now: datetime, limit: int) -> list[UUID]:
    """Take up to `limit` runs that are due, and write down that they have begun. Returns their ids.

    This is committed before anything is sent: a run that was sent is never found waiting.
    """
    facts: dict[str, Any] = {"worker": worker, "now": now, "limit": limit, "lease_until": now + LEASE}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, facts)
        return [row[0] for row in cursor.fetchall()]


def renew(*, worker: str, run_ids: Sequence[UUID], now: datetime) -> int:
    """Keep the runs that a living process is making. Returns how many."""
    mine = Run.objects.filter(id__in=run_ids, state=RunState.STARTED, worker=worker)
    return mine.update(lease_until=now + LEASE)


@transaction.atomic
def recover(*, now: datetime, limit: int = 500) -> int:
    """Take up the runs of processes that have died. Returns how many.

    One that may be made again waits for its next attempt; of any other it is not known whether it was made.
    """
    lost = list(
        Run.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(state=RunState.STARTED, lease_until__lt=now)
        .select_related("schedule")
        .order_by("lease_until")[:limit]
    )
    again = [run.id for run in lost if run.schedule.is_repeatable and run.attempt < MOST_ATTEMPTS]
    Run.objects.filter(id__in=again).update(state=RunState.PENDING, not_before=now, lease_until=None, worker="")
    results.call_off(again, now=now)
    unknown = [run for run in lost if run.id not in set(again)]
    results.lose(unknown, now=now)
    return len(lost)
