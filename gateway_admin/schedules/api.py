"""Scheduled requests over JSON: those that repeat, those that are made once, and their runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from ninja import Query, Router
from ninja import Status as Answer
from pydantic import Field

from accounts.teams import callers
from accounts.teams.callers import KeyRequest
from accounts.teams.permissions import Permission
from common.ninja import Endpoints, Window
from domain import json_texts
from gateway_admin.api_keys.models import ApiKey
from gateway_admin.schedules import queries, services, waiting
from gateway_admin.schedules.models import Run, Schedule
from gateway_admin.schedules.schemas import (
    DelayedIn,
    DelayedOut,
    DelayedPage,
    RequestChange,
    RequestIn,
    RequestOut,
    RequestPage,
    RunDetail,
    RunOut,
    RunPage,
    Status,
    content,
    delayed,
    run_detail,
    run_shown,
    shown,
)
from gateway_admin.schedules.services import Owner, ScheduleInvalid

router = Router(tags=["recurrent-requests"])
endpoint = Endpoints(router)
Json = dict[str, Any]
_RECURRENT, _DELAYED = Schedule.Kind.RECURRENT, Schedule.Kind.DELAYED


class RequestFilters(Window):
    limit: int = Field(100, ge=1, le=1000)
    service_id: UUID | None = None
    enrollment_id: UUID | None = None
    status: Status | None = None


@endpoint("GET", "/recurrent-requests/", {200: RequestPage})
def request_list(request: KeyRequest, filters: Query[RequestFilters]) -> RequestPage:
    """Return the team's recurrent requests, the newest first."""
    rows = queries.schedules(team=request.team)
    wanted = {"service": filters.service_id, "enrollment": filters.enrollment_id, "state": filters.status}
    rows = rows.filter(**{field: value for field, value in wanted.items() if value is not None})
    return RequestPage(data=[shown(each) for each in filters.of(rows)], count=rows.count())


@endpoint("POST", "/recurrent-requests/", {201: RequestOut})
def request_create(request: KeyRequest, body: RequestIn) -> Answer[RequestOut]:
    """Keep a call as a draft. It is made once a PATCH has said when."""
    callers.check(request, Permission.CALL)
    made = services.create(
        team=request.team, owner=_owner(request), content=_content(request, body), now=timezone.now()
    )
    return Answer(201, shown(made))


@endpoint("GET", "/recurrent-requests/{uuid:request_id}", {200: RequestOut})
def request_detail(request: KeyRequest, request_id: UUID) -> RequestOut:
    """Return one."""
    return shown(_recurrent(request, request_id))


@endpoint("PATCH", "/recurrent-requests/{uuid:request_id}", {200: RequestOut})
def request_update(request: KeyRequest, request_id: UUID, body: RequestChange) -> RequestOut:
    """Change what is given. A schedule makes a draft active; the status pauses, resumes and cancels."""
    callers.check(request, Permission.CALL)
    changes = content(body)
    status = changes.pop("status", None)
    row = services.change(
        schedule=_recurrent(request, request_id),
        changes=changes,
        status=status,
        owner=_owner(request),
        now=timezone.now(),
    )
    return shown(row)


@endpoint("DELETE", "/recurrent-requests/{uuid:request_id}", {204: None})
def request_delete(request: KeyRequest, request_id: UUID) -> Answer[None]:
    """Delete it, with what is known of its runs. The request logs stay."""
    callers.check(request, Permission.CALL)
    services.delete(schedule=_recurrent(request, request_id))
    return Answer(204, None)


def _once_ended(request: KeyRequest, told: Json) -> Json:
    return _answered(waiting.ended(team=request.team, run_id=UUID(told["run_id"])))


@endpoint("POST", "/recurrent-requests/{uuid:request_id}/trigger", {200: Json}, then=_once_ended)
def request_trigger(request: KeyRequest, request_id: UUID) -> Json:
    """Make the call now, and return what was answered within 25 seconds: {"status_code", "headers", "body", …}."""
    callers.check(request, Permission.CALL)
    row = _recurrent(request, request_id)
    run = services.run_now(schedule=row, by=request.api_key.created_by, now=queries.database_time())
    return {"run_id": str(run.id)}


@endpoint("GET", "/recurrent-requests/{uuid:request_id}/runs", {200: RunPage})
def run_list(request: KeyRequest, request_id: UUID, window: Query[Window]) -> RunPage:
    """Return the runs, the last first."""
    rows = queries.runs(_recurrent(request, request_id))
    runs = window.of(rows)
    costs = queries.costs(runs)
    return RunPage(data=[run_shown(each, costs.get(each.id)) for each in runs], count=rows.count())


@endpoint("GET", "/recurrent-requests/runs/{uuid:run_id}", {200: RunDetail})
def run_get(request: KeyRequest, run_id: UUID) -> RunDetail:
    """Return a run with its answer."""
    run = queries.run(team=request.team, run_id=run_id)
    return run_detail(run, queries.costs([run]).get(run.id))


@endpoint("POST", "/recurrent-requests/runs/{uuid:run_id}/replay", {202: RunOut})
def run_replay(request: KeyRequest, run_id: UUID) -> Answer[RunOut]:
    """Send the request of a run again. The answer is found under the id of the new run."""
    callers.check(request, Permission.CALL)
    run = queries.run(team=request.team, run_id=run_id)
    made = services.replay(run=run, by=request.api_key.created_by, now=queries.database_time())
    return Answer(202, run_shown(made, None))


@endpoint("GET", "/delayed-requests/", {200: DelayedPage})
def delayed_list(request: KeyRequest, window: Query[Window]) -> DelayedPage:
    """Return the team's delayed calls, the newest first."""
    rows = queries.schedules(team=request.team, kind=_DELAYED)
    shown_rows = window.of(rows)
    runs = queries.last_runs(shown_rows)
    costs = queries.costs(runs.values())
    page = [_delayed(each, runs.get(each.pk), costs) for each in shown_rows]
    return DelayedPage(data=page, count=rows.count())


@endpoint("POST", "/delayed-requests/", {201: DelayedOut})
def delayed_create(request: KeyRequest, body: DelayedIn) -> Answer[DelayedOut]:
    """Keep a call that is made once: `at` a time, or `in_seconds`."""
    callers.check(request, Permission.CALL)
    now, given = timezone.now(), _content(request, body)
    given.pop("at", None), given.pop("in_seconds", None)
    made = services.create_delayed(team=request.team, owner=_owner(request), content=given, at=_at(body, now), now=now)
    return Answer(201, delayed(made, None, None))


@endpoint("GET", "/delayed-requests/{uuid:task_id}", {200: DelayedOut})
def delayed_detail(request: KeyRequest, task_id: UUID) -> DelayedOut:
    """Return a delayed call, and what came of it."""
    row = queries.schedule(team=request.team, schedule_id=task_id, kind=_DELAYED)
    runs = queries.last_runs([row])
    return _delayed(row, runs.get(row.pk), queries.costs(runs.values()))


@endpoint("DELETE", "/delayed-requests/{uuid:task_id}", {204: None})
def delayed_cancel(request: KeyRequest, task_id: UUID) -> Answer[None]:
    """Cancel a delayed call that has not begun."""
    callers.check(request, Permission.CALL)
    row = queries.schedule(team=request.team, schedule_id=task_id, kind=_DELAYED)
    services.cancel(schedule=row, now=timezone.now())
    return Answer(204, None)


def _recurrent(request: KeyRequest, request_id: UUID) -> Schedule:
    return queries.schedule(team=request.team, schedule_id=request_id, kind=_RECURRENT)


def _owner(request: KeyRequest) -> Owner:
    key = request.api_key
    return Owner(key.created_by, key if isinstance(key, ApiKey) else None)


def _content(request: KeyRequest, body: RequestIn) -> Json:
    given = content(body)
    queries.check_own(team=request.team, service_id=body.service_id, enrollment_id=body.enrollment_id)
    return given


def _at(body: DelayedIn, now: datetime) -> datetime:
    if (body.at is None) == (body.in_seconds is None):
        raise ScheduleInvalid("at", "Give exactly one of `at` and `in_seconds`.")
    if body.in_seconds is not None:
        return now + timedelta(seconds=body.in_seconds)
    assert body.at is not None
    if body.at.tzinfo is None:
        raise ScheduleInvalid("at", "Write the time with its offset, such as 2030-01-31T08:00:00+01:00 or with Z.")
    return body.at


def _delayed(row: Schedule, run: Run | None, costs: queries.Costs) -> DelayedOut:
    return delayed(row, run, costs.get(run.id) if run else None)


def _answered(run: Run) -> Json:
    """Return a run as the caller of `trigger` reads it. Whatever was answered, this is JSON."""
    try:
        body: Any = json_texts.read(run.text) if run.response_body is not None else None
    except ValueError:
        body = run.text
    return {
        "run_id": str(run.id),
        "status": run.state,
        "status_code": run.status,
        "headers": run.response_headers or {},
        "body": body,
        "is_cut": run.is_cut,
        "checks": run.checks,
        "error": {"code": run.error_code, "message": run.error} if run.error_code else None,
        "request_id": str(run.request_id) if run.request_id else None,
    }
