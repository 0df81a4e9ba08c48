"""Reads of schedules and their runs, from the team."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from accounts.teams.models import Team
from billing.rating.models import Charge
from common.errors import NotFound
from gateway_admin.request_logs import queries as request_logs
from gateway_admin.request_logs.ids import bound
from gateway_admin.request_logs.models import RequestLog
from gateway_admin.schedules.models import OPEN, Run, RunState, Schedule
from marketplace.catalog import queries as catalog
from marketplace.enrollments.models import Enrollment

#: The answers of runs stay where they are until somebody opens one.
_LARGE = ("sent", "response_headers", "response_body")
#: Ids of calls are made by the gateways' clocks, runs go by PostgreSQL's.
_CLOCKS_APART = timedelta(minutes=5)
Costs = dict[UUID, tuple[Decimal, str]]
#: What has been due for so long means that no dispatcher is at work.
WORTH_A_LOOK = timedelta(minutes=1)


def schedules(*, team: Team, kind: str = Schedule.Kind.RECURRENT) -> QuerySet[Schedule]:
    """Return a team's calls for later of one kind, the newest first."""
    return Schedule.objects.filter(team=team, kind=kind).select_related("created_by", "api_key")


def schedule(*, team: Team, schedule_id: UUID, kind: str | None = None) -> Schedule:
    """Return one. Raises: NotFound."""
    found = Schedule.objects.filter(team=team, pk=schedule_id).select_related("created_by", "api_key", "team")
    if kind is not None:
        found = found.filter(kind=kind)
    row = found.first()
    if row is None:
        raise NotFound(what="scheduled request")
    return row


def lock_schedule(schedule_id: UUID) -> Schedule:
    """Lock a schedule against everybody who changes or plans it. Raises: NotFound, when it was deleted."""
    row = Schedule.objects.select_for_update(of=("self",)).filter(pk=schedule_id).first()
    if row is None:
        raise NotFound(what="scheduled request")
    return row


def has_room(team: Team) -> bool:
    """Return whether the team may have one more; nobody else adds one until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT schedule_has_room(%s)", [team.pk])
        (has_one,) = cursor.fetchone()
        return bool(has_one)


def runs(schedule: Schedule) -> QuerySet[Run]:
    """Return the runs of a schedule without their answers, the last first."""
    return Run.objects.filter(schedule=schedule).defer(*_LARGE).order_by("-due_at")


def run(*, team: Team, run_id: UUID) -> Run:
    """Return a run with its answer. Raises: NotFound."""
    found = Run.objects.filter(team=team, id=run_id).select_related("schedule", "asked_by").first()
    if found is None:
        raise NotFound(what="run")
    return found


def last_answered(schedule: Schedule, *, before: datetime) -> Run | None:
    """Return the last run before a time that has an answer."""
    return Run.objects.filter(schedule=schedule, due_at__lt=before, status__isnull=False).order_by("-due_at").first()


def open_runs(schedule: Schedule, **more: object) -> QuerySet[Run]:
    """Return the runs that are due or under way."""
    return Run.objects.filter(schedule=schedule, state__in=OPEN, **more)


def is_logged(run: Run, *, now: datetime) -> bool:
    """Return whether the call of a run stands in the request log: not when nobody logged it, or it is over."""
    return run.request_id is not None and request_logs.has_row(team=run.team, log_id=run.request_id, now=now)


def costs(runs: Iterable[Run]) -> Costs:
    """Return what runs were charged for all their calls, once that is settled: {id of the run: (amount, currency)}."""
    begun = {each.id: each for each in runs if each.started_at is not None}
    if not begun:
        return {}
    first = min(each.started_at for each in begun.values() if each.started_at is not None)
    logged = RequestLog.objects.filter(origin_id__in=begun, pk__gte=bound(first - _CLOCKS_APART))
    run_of = {pk: run for pk, run in logged.values_list("pk", "origin_id") if run is not None}
    run_of |= {each.request_id: each.id for each in begun.values() if each.request_id is not None}
    found: Costs = {}
    for event_id, charged, currency in Charge.objects.filter(event_id__in=run_of).values_list(
        "event_id", "charged", "wallet__currency"
    ):
        amount, _ = found.get(run_of[event_id], (Decimal(0), currency))
        found[run_of[event_id]] = (amount + charged, currency)
    return found


@dataclass(frozen=True, slots=True)
class Tally:
    """How the runs of a stretch of time went."""

    done: int
    failed: int
    left_out: int


def tally(schedule: Schedule, *, since: datetime) -> Tally:
    """Return how the runs since a time went."""
    found = Run.objects.filter(schedule=schedule, due_at__gte=since).aggregate(
        done=Count("pk", filter=Q(state=RunState.DONE)),
        failed=Count("pk", filter=Q(state__in=[RunState.FAILED, RunState.REFUSED, RunState.UNKNOWN])),
        left_out=Count("pk", filter=Q(state=RunState.SKIPPED)),
    )
    return Tally(**found)


def database_time() -> datetime:
    """Return what PostgreSQL's clock says: the only one that schedules go by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
        assert isinstance(now, datetime)
        return now


def next_due(*, team: Team, limit: int) -> list[Schedule]:
    """Return the calls that are made next for a team, also those that are made once."""
    active = Schedule.objects.filter(team=team, state=Schedule.State.ACTIVE, due_at__isnull=False)
    return list(active.order_by("due_at")[:limit])


def overdue(*, now: datetime, by: timedelta) -> int:
    """Return how many runs and schedules nobody has taken up although they have been due for so long."""
    waiting = Run.objects.filter(state=RunState.PENDING, not_before__lt=now - by).count()
    return waiting + Schedule.objects.filter(state=Schedule.State.ACTIVE, due_at__lt=now - by).count()


def last_runs(schedules: Iterable[Schedule]) -> dict[UUID, Run]:
    """Return the last run of each schedule without its answer, as {id of the schedule: run}."""
    wanted = [each.pk for each in schedules]
    runs = Run.objects.filter(schedule__in=wanted).defer(*_LARGE).order_by("schedule_id", "-due_at")
    return {run.schedule_id: run for run in runs.distinct("schedule_id")}


def check_own(*, team: Team, service_id: UUID | None, enrollment_id: UUID | None) -> None:
    """Raise NotFound for a service that is neither for everybody nor the team's, and for an enrollment of others."""
    if service_id is not None and not Enrollment.objects.filter(service_id=service_id, team=team).exists():
        catalog.public_service(service_id)
    if enrollment_id is not None and not Enrollment.objects.filter(pk=enrollment_id, team=team).exists():
        raise NotFound(what="enrollment")


def counts(*, team: Team) -> dict[str, int]:
    """Return how many calls for later of each kind a team has."""
    found = Schedule.objects.filter(team=team).order_by().values_list("kind").annotate(count=Count("pk"))
    return dict(found)


def compared_with(run: Run, other_id: str) -> Run | None:
    """Return the run that another one is held against: the one asked for, the one it repeats, or the one before it."""
    others = Run.objects.filter(schedule=run.schedule, status__isnull=False).exclude(id=run.id)
    try:
        wanted = UUID(other_id) if other_id else run.replay_of
    except ValueError:
        wanted = None
    if wanted is not None:
        return others.filter(id=wanted).first()
    return others.filter(due_at__lt=run.due_at).order_by("-due_at").first()
