"""Runs that somebody asks for: now, or once more as a run before."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.users.models import User
from gateway_admin.schedules import queries
from gateway_admin.schedules.models import Run, RunState, Schedule
from gateway_admin.schedules.run_ids import run_id
from gateway_admin.schedules.services.errors import StateConflict, TooManyAsked

#: So many may be under way for one schedule.
_MOST_OPEN = 5


@transaction.atomic
def run_now(*, schedule: Schedule, by: User | None, now: datetime) -> Run:
    """Have the call made at once, whatever its schedule says. A dispatcher takes it up within moments.

    Raises: StateConflict, TooManyAsked.
    """
    return _ask(schedule, Run.Kind.MANUAL, by, now)


@transaction.atomic
def replay(*, run: Run, by: User | None, now: datetime) -> Run:
    """Have the same request sent again, or the schedule's own when it is no longer kept. Raises as `run_now` does."""
    return _ask(run.schedule, Run.Kind.REPLAY, by, now, replay_of=run.id, sent=run.sent)


def _ask(schedule: Schedule, kind: str, by: User | None, now: datetime, **more: object) -> Run:
    row = queries.lock_schedule(schedule.pk)
    if row.state == Schedule.State.CANCELLED:
        raise StateConflict(state="cancelled", done="run", hint="Copy it first.")
    count = queries.open_runs(row).exclude(kind=Run.Kind.DUE).count()
    if count >= _MOST_OPEN:
        raise TooManyAsked(count=count)
    return Run.objects.create(
        schedule=row,
        due_at=now,
        id=run_id(row.pk, now),
        team_id=row.team_id,
        kind=kind,
        state=RunState.PENDING,
        not_before=now,
        asked_by=by,
        **more,
    )
