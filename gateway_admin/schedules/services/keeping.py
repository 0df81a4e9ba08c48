"""Making and changing schedules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from accounts.teams.models import Team
from accounts.users.models import User
from domain.routing import recurrence
from domain.scheduling import cadences
from domain.scheduling.cadences import BadSchedule, Cadence, Limits, Once
from gateway_admin.api_keys.models import ApiKey
from gateway_admin.planning import queries as planning
from gateway_admin.planning.queries import Asked, Planned
from gateway_admin.schedules import queries
from gateway_admin.schedules.models import RunState, Schedule
from gateway_admin.schedules.services import contents
from gateway_admin.schedules.services.errors import NameTaken, NoRoom, RequestInvalid, ScheduleInvalid, StateConflict

Json = dict[str, Any]
#: The furthest that a delayed call may lie ahead.
LONGEST_DELAY = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Owner:
    """With whose rights a schedule runs: a person's, and no longer than the key is good that they came with."""

    user: User | None
    api_key: ApiKey | None = None


@transaction.atomic
def create(
    *, team: Team, owner: Owner, content: Json, now: datetime, schedule: Json | None = None, kind: str = "recurrent"
) -> Schedule:
    """Keep a call for later; a draft when nothing says when it is to be made.

    content: members of Schedule such as path, method, headers, body_template, expected_status, overlap.
    Raises: RequestInvalid, ScheduleInvalid, NameTaken, NoRoom.
    """
    if not queries.has_room(team):
        raise NoRoom
    kept = contents.checked({"name": "", "method": "POST", "headers": {}, **content})
    made = Schedule(team=team, kind=kind, created_by=owner.user, api_key=owner.api_key, **kept)
    contents.check_expected(made)
    if schedule is not None:
        _set_schedule(made, schedule, now)
        made.state = Schedule.State.ACTIVE
    _save(made)
    return made


@transaction.atomic
def create_delayed(*, team: Team, owner: Owner, content: Json, at: datetime, now: datetime) -> Schedule:
    """Keep a call that is made once. Raises: RequestInvalid, ScheduleInvalid, NameTaken, NoRoom."""
    kept = {"catch_up": Schedule.CatchUp.LATEST, "catch_up_seconds": 86_400, **content}
    return create(
        team=team,
        owner=owner,
        content=kept,
        now=now,
        schedule={"schedule_type": "once", "at": at.isoformat()},
        kind=Schedule.Kind.DELAYED,
    )


@transaction.atomic
def update(*, schedule: Schedule, changes: Json, owner: Owner, now: datetime) -> Schedule:
    """Change what is given of a schedule. A cadence makes a draft active.

    Whoever changes what is sent becomes its owner: it runs with their rights from then on.
    Raises: RequestInvalid, ScheduleInvalid, NameTaken, StateConflict.
    """
    row = queries.lock_schedule(schedule.pk)
    if row.state in (Schedule.State.CANCELLED, Schedule.State.DONE):
        raise StateConflict(state=row.state, done="changed", hint="Copy it instead.")
    changes = dict(changes)
    cadence = changes.pop("schedule", None)
    for field, value in contents.checked(changes).items():
        setattr(row, field, value)
    if "body_template" in changes:
        row.body = b""
    contents.check_expected(row)
    row.created_by, row.api_key = owner.user, owner.api_key
    if cadence is not None:
        _set_schedule(row, cadence, now)
        _drop_waiting(row, now)
        if row.state == Schedule.State.DRAFT:
            row.state = Schedule.State.ACTIVE
    elif "path" in changes and row.schedule is not None:
        check_pace(row, cadences.read(row.schedule), now)
    _save(row)
    return row


@transaction.atomic
def copy(*, schedule: Schedule, owner: Owner, now: datetime) -> Schedule:
    """Return a draft of the same call. Raises: NoRoom."""
    if not queries.has_room(schedule.team):
        raise NoRoom
    same = Schedule.objects.get(pk=schedule.pk)
    fields = {each.attname: getattr(same, each.attname) for each in Schedule._meta.concrete_fields}
    for field in (
        "id",
        "created_at",
        "updated_at",
        "due_at",
        "digest",
        "failures",
        "pause_reason",
        "notice",
        "is_notice",
    ):
        fields.pop(field)
    for field in ("last_run_at", "last_state", "created_by_id", "api_key_id", "name", "kind", "state"):
        fields.pop(field)
    if not same.is_recurrent:
        fields["schedule"] = None
    made = Schedule(**fields, created_by=owner.user, api_key=owner.api_key, kind=Schedule.Kind.RECURRENT)
    made.name = _free_name(same)
    made.save()
    return made


def planned(schedule: Schedule) -> Planned:
    """Return what a run would do now."""
    body = schedule.body_template if isinstance(schedule.body_template, dict) else None
    return planning.plan(
        team=schedule.team, asked=Asked(path=schedule.path.lstrip("/"), method=schedule.method, body=body)
    )


def check_pace(schedule: Schedule, cadence: Cadence, now: datetime) -> Limits:
    """Return the limits of what the schedule calls. Raises: ScheduleInvalid beyond them, RequestInvalid for nowhere."""
    plan = planned(schedule)
    if plan.refusal is not None or plan.node is None:
        message = plan.refusal.message if plan.refusal else "There is nothing at this path."
        raise RequestInvalid("path", message)
    limits = recurrence.limits(plan.node)
    try:
        cadences.check(cadence, limits, now)
    except BadSchedule as error:
        raise ScheduleInvalid(error.field, error.message) from error
    return limits


def read_cadence(schedule: Json) -> Cadence:
    """Return the cadence that a mapping means. Raises: ScheduleInvalid."""
    try:
        return cadences.read(schedule)
    except BadSchedule as error:
        raise ScheduleInvalid(error.field, error.message) from error


def _set_schedule(row: Schedule, given: Json, now: datetime) -> None:
    cadence = read_cadence(given)
    if isinstance(cadence, Once) == row.is_recurrent:
        hint = "Give an interval or a cron expression." if row.is_recurrent else "Give the time of the call."
        raise ScheduleInvalid("schedule_type", f"A call is made either once or again and again. {hint}")
    if isinstance(cadence, Once):
        cadence = _checked_once(cadence, now)
    check_pace(row, cadence, now)
    row.schedule, row.due_at = cadence.to_json(), cadence.first(now)


def _checked_once(cadence: Once, now: datetime) -> Once:
    if cadence.at is None or cadence.at <= now:
        raise ScheduleInvalid("at", "This time has passed. Give one that is to come.")
    if cadence.at > now + LONGEST_DELAY:
        raise ScheduleInvalid("at", "This time is more than a year ahead. Give an earlier one.")
    return replace(cadence, at=cadence.at)


def _drop_waiting(row: Schedule, now: datetime) -> None:
    """Cancel what was due by the cadence before and has not begun."""
    queries.open_runs(row, state=RunState.PENDING, kind="due").update(
        state=RunState.CANCELLED, finished_at=now, error="The schedule was changed before the run began."
    )


def _save(row: Schedule) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "schedule_name_once_per_team" in str(error):
            raise NameTaken(name=row.name) from error
        raise


def _free_name(same: Schedule) -> str:
    if not same.name:
        return ""
    taken = set(Schedule.objects.filter(team=same.team).values_list("name", flat=True))
    names = (f"{same.name[:180]} ({number})" for number in range(2, 2000))
    return next((name for name in names if name not in taken), "")
