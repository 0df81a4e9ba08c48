"""From schedules that are due to runs that wait: planned, and the schedule moved on, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import connection, transaction

from domain.scheduling import cadences, catching_up
from domain.scheduling.cadences import BadSchedule
from domain.scheduling.catching_up import Missed, Plan
from gateway_admin.schedules.models import OPEN, Run, RunState, Schedule
from gateway_admin.schedules.run_ids import run_id

#: So many runs of one schedule wait at most; later ones are left out.
MOST_QUEUED = 10
_MOVE_ON = """
UPDATE schedules_schedule AS s SET due_at = moved.due_at
FROM unnest(%s::uuid[], %s::timestamptz[]) AS moved(id, due_at) WHERE s.id = moved.id
"""
_READ = ("id", "team_id", "kind", "schedule", "due_at", "overlap", "catch_up", "catch_up_seconds")


@transaction.atomic
def plan_due(*, now: datetime, limit: int) -> int:
    """Write the runs of up to `limit` schedules that are due, and move these on. Returns how many schedules.

    Any number of processes may do this beside each other: each takes what no other one holds.
    """
    due = list(
        Schedule.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(state=Schedule.State.ACTIVE, due_at__lte=now)
        .only(*_READ)
        .order_by("due_at")[:limit]
    )
    if not due:
        return 0
    waiting = _open_counts(due)
    plans = [(row, plan) for row in due if (plan := _plan(row, now)) is not None]
    runs = [run for row, plan in plans for run in _runs(row, plan, waiting.get(row.pk, 0), now)]
    Run.objects.bulk_create(runs, ignore_conflicts=True)
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_ON, [[row.pk for row, _ in plans], [plan.next for _, plan in plans]])
    over = [row.pk for row, plan in plans if not row.is_recurrent and not plan.fired]
    Schedule.objects.filter(pk__in=over).update(state=Schedule.State.DONE)
    return len(due)


def _plan(row: Schedule, now: datetime) -> Plan | None:
    """Return what is due; None for a schedule that cannot be read any more, which pauses."""
    assert row.due_at is not None
    try:
        cadence = cadences.read(row.schedule or {})
    except BadSchedule as error:
        paused = {"state": Schedule.State.PAUSED, "due_at": None, "pause_reason": error.message, "notice": "paused"}
        Schedule.objects.filter(pk=row.pk).update(**paused)
        return None
    kind: catching_up.Kind = row.catch_up  # type: ignore[assignment]  # a choice
    return catching_up.plan(cadence, row.due_at, now, kind=kind, max_age=row.max_age)


def _open_counts(due: list[Schedule]) -> dict[object, int]:
    counts: dict[object, int] = {}
    open_runs = Run.objects.filter(schedule__in=[row.pk for row in due], state__in=OPEN, kind=Run.Kind.DUE)
    for schedule_id in open_runs.values_list("schedule_id", flat=True):
        counts[schedule_id] = counts.get(schedule_id, 0) + 1
    return counts


def _runs(row: Schedule, plan: Plan, waiting: int, now: datetime) -> Iterator[Run]:
    if plan.missed is not None:
        yield _missed(row, plan.missed, now)
    for due_at in plan.caught_up:
        yield _waiting(row, due_at, now)
        waiting += 1
    for due_at in plan.on_time:
        why = _left_out(row, waiting)
        if why:
            yield _left_out_run(row, due_at, now, "overlap", why)
        else:
            yield _waiting(row, due_at, now)
            waiting += 1


def _left_out(row: Schedule, waiting: int) -> str:
    """Return why a time is left out because of the runs before it, "" when it is not."""
    if row.overlap == Schedule.Overlap.SKIP and waiting:
        return "The run before it was still under way."
    if row.overlap == Schedule.Overlap.QUEUE and waiting >= MOST_QUEUED:
        return f"{MOST_QUEUED} runs were waiting already."
    return ""


def _waiting(row: Schedule, due_at: datetime, now: datetime) -> Run:
    return _run(row, due_at, state=RunState.PENDING, not_before=due_at)


def _missed(row: Schedule, missed: Missed, now: datetime) -> Run:
    many = f"{missed.count} times" if missed.count > 1 else "This time"
    if missed.count >= catching_up.MOST_COUNTED:
        many = f"More than {catching_up.MOST_COUNTED} times"
    why = f"{many} from {missed.first:%Y-%m-%d %H:%M} UTC on passed while nothing ran, and the policy does not make up."
    return _left_out_run(row, missed.last, now, "missed", why, slots=missed.count)


def _left_out_run(row: Schedule, due_at: datetime, now: datetime, code: str, why: str, slots: int = 1) -> Run:
    return _run(
        row, due_at, state=RunState.SKIPPED, not_before=due_at, finished_at=now, error_code=code, error=why, slots=slots
    )


def _run(row: Schedule, due_at: datetime, **values: object) -> Run:
    return Run(schedule_id=row.pk, due_at=due_at, id=run_id(row.pk, due_at), team_id=row.team_id, **values)
