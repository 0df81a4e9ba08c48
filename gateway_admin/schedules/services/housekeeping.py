"""What is forgotten after a time: answers of broadcasts, answers of runs, and runs."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from gateway_admin.schedules.models import TaskAnswer

#: Answers of asynchronous broadcasts.
KEPT_FOR = timedelta(days=7)
#: What a run sent and was answered.
BODIES_KEPT_FOR = timedelta(days=7)
RUNS_KEPT_FOR = timedelta(days=30)
_AT_ONCE = 5000
_FORGET_BODIES = """
UPDATE schedules_run SET sent = NULL, response_headers = NULL, response_body = NULL
WHERE id IN (SELECT id FROM schedules_run WHERE due_at < %s AND (response_headers IS NOT NULL OR sent IS NOT NULL)
             AND state NOT IN ('pending', 'started') LIMIT %s)
"""
_FORGET_RUNS = """
DELETE FROM schedules_run WHERE id IN (
  SELECT id FROM schedules_run WHERE due_at < %s AND state NOT IN ('pending', 'started') LIMIT %s)
"""


def forget_answers(*, now: datetime) -> int:
    """Delete the answers that have been kept for long enough. Returns how many."""
    deleted, _ = TaskAnswer.objects.filter(created_at__lt=now - KEPT_FOR).delete()
    return deleted


def forget_runs(*, now: datetime) -> tuple[int, int]:
    """Forget what runs sent and were answered after a week, the runs after a month. Returns how many of each."""
    return _repeat(_FORGET_BODIES, now - BODIES_KEPT_FOR), _repeat(_FORGET_RUNS, now - RUNS_KEPT_FOR)


def _repeat(statement: str, before: datetime) -> int:
    """Run a statement a few thousand rows at a time: nobody waits for a long transaction."""
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, [before, _AT_ONCE])
            changed: int = cursor.rowcount
        total += changed
        if changed < _AT_ONCE:
            return total
