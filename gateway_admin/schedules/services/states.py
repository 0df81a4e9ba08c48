"""Pausing, resuming, cancelling and deleting schedules. Whoever does it wins against a run that has not begun."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from gateway_admin.schedules import queries
from gateway_admin.schedules.models import Run, RunState, Schedule
from gateway_admin.schedules.services import keeping
from gateway_admin.schedules.services.errors import AlreadyStarted, StateConflict
from gateway_admin.schedules.services.keeping import Owner

State = Schedule.State


@transaction.atomic
def pause(*, schedule: Schedule, now: datetime, reason: str = "") -> Schedule:
    """Make no runs until it is resumed. reason: why it paused by itself. Raises: StateConflict."""
    row = queries.lock_schedule(schedule.pk)
    if row.state == State.PAUSED:
        return row
    if row.state != State.ACTIVE or not row.is_recurrent:
        raise StateConflict(state=row.state, done="paused", hint="Only an active one can be paused.")
    row.state, row.pause_reason, row.due_at = State.PAUSED, reason, None
    row.save(update_fields=["state", "pause_reason", "due_at", "updated_at"])
    cancel_waiting(row, now, "The schedule was paused before the run began.")
    return row


@transaction.atomic
def resume(*, schedule: Schedule, owner: Owner, now: datetime) -> Schedule:
    """Make runs again, from the next time on, with the rights of who resumes it. What was due in between stays out.

    Raises: StateConflict, ScheduleInvalid, RequestInvalid.
    """
    row = queries.lock_schedule(schedule.pk)
    if row.state == State.ACTIVE:
        return row
    if row.state not in (State.PAUSED, State.DRAFT) or row.schedule is None:
        hint = "Say first when it is to run." if row.state == State.DRAFT else "Copy it instead."
        raise StateConflict(state=row.state, done="resumed", hint=hint)
    cadence = keeping.read_cadence(row.schedule)
    keeping.check_pace(row, cadence, now)
    row.state, row.due_at, row.failures = State.ACTIVE, cadence.first(now), 0
    row.pause_reason, row.notice = "", ""
    row.created_by, row.api_key = owner.user, owner.api_key
    row.save()
    return row


@transaction.atomic
def change(*, schedule: Schedule, changes: dict[str, Any], status: str | None, owner: Owner, now: datetime) -> Schedule:
    """Change a schedule and its state together, as the API's PATCH does. Raises as the single steps do."""
    row = keeping.update(schedule=schedule, changes=changes, owner=owner, now=now) if changes else schedule
    if status is None or status == row.state:
        return row
    if status == State.ACTIVE:
        return resume(schedule=row, owner=owner, now=now)
    if status == State.PAUSED:
        return pause(schedule=row, now=now)
    if status == State.CANCELLED:
        return cancel(schedule=row, now=now)
    raise StateConflict(state=row.state, done="made a draft again", hint="Pause it instead.")


@transaction.atomic
def cancel(*, schedule: Schedule, now: datetime) -> Schedule:
    """End it for good; its runs stay readable.

    Raises: AlreadyStarted for a delayed call that has begun, StateConflict for one that has ended.
    """
    row = queries.lock_schedule(schedule.pk)
    if row.state == State.CANCELLED:
        return row
    if row.state == State.DONE:
        raise StateConflict(state="done", done="cancelled", hint="Look at its run for what came of it.")
    row.state, row.due_at, row.notice = State.CANCELLED, None, ""
    row.save(update_fields=["state", "due_at", "notice", "updated_at"])
    cancel_waiting(row, now, "The schedule was cancelled before the run began.")
    if not row.is_recurrent and queries.open_runs(row).exists():
        raise AlreadyStarted
    return row


@transaction.atomic
def delete(*, schedule: Schedule) -> None:
    """Delete it with its runs. Calls that are under way end; what came of them is in the request logs."""
    # runs before their schedule, as those who write down how runs ended lock them
    list(
        Run.objects.select_for_update(of=("self",)).filter(schedule=schedule, state=RunState.STARTED).values_list("id")
    )
    queries.lock_schedule(schedule.pk).delete()


def cancel_waiting(row: Schedule, now: datetime, why: str) -> None:
    """Cancel the runs that nobody has begun."""
    queries.open_runs(row, state=RunState.PENDING).update(state=RunState.CANCELLED, finished_at=now, error=why)
