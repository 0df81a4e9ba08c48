"""What the API takes and tells about scheduled requests."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from common.ninja import PLAIN, Moment
from gateway_admin.schedules.models import Run, RunState, Schedule

Json = dict[str, Any]
Status = Literal["draft", "active", "paused", "cancelled"]
_STATUS: dict[str, Status] = {"draft": "draft", "active": "active", "paused": "paused"}
#: What the API calls some columns.
COLUMNS = {"request_path": "path", "http_method": "method", "request_headers": "headers", "expected_match": "match"}
_MAY_BE_NULL = {"body_template", "headers", "name"}


class Options(Schema):
    """What may be said of a scheduled request beyond its call. None leaves it as it is."""

    expected_status: str | None = Field(None, max_length=100)
    expected_body: str | None = Field(None, max_length=20_000)
    expected_match: Literal["contains", "equals", "json"] | None = None
    overlap: Literal["skip", "queue", "allow"] | None = None
    catch_up: Literal["skip", "latest", "all"] | None = None
    catch_up_seconds: Annotated[int, Field(ge=60, le=7 * 86_400), PLAIN] | None = None
    delivery: Literal["", "at_most_once", "at_least_once"] | None = None
    timeout_seconds: Annotated[int, Field(ge=1, le=600), PLAIN] | None = None
    notify_after: Annotated[int, Field(ge=1, le=1000), PLAIN] | None = None
    pause_after: Annotated[int, Field(ge=1, le=1000), PLAIN] | None = None


class RequestIn(Options):
    request_path: str = Field(max_length=8192)
    service_id: UUID | None = None
    enrollment_id: UUID | None = None
    http_method: str = Field("POST", max_length=16)
    body_template: Json | None = None
    request_headers: dict[str, str] | None = None
    name: str | None = Field(None, max_length=200)


class RequestChange(Options):
    request_path: str | None = Field(None, max_length=8192)
    http_method: str | None = Field(None, max_length=16)
    body_template: Json | None = None
    request_headers: dict[str, str] | None = None
    schedule: Json | None = None
    name: str | None = Field(None, max_length=200)
    status: Status | None = None


class DelayedIn(RequestIn):
    """Exactly one of `at`, with its offset, and in_seconds."""

    at: Moment | None = None
    in_seconds: Annotated[int, Field(ge=1, le=366 * 86_400), PLAIN] | None = None


class RequestOut(Schema):
    id: UUID
    status: Status
    customer_id: UUID
    service_id: UUID | None
    enrollment_id: UUID | None
    request_path: str
    http_method: str
    body_template: Json | None
    request_headers: dict[str, str] | None
    schedule: Json | None
    state: Json | None
    name: str | None
    created_at: str
    updated_at: str | None


class RequestPage(Schema):
    data: list[RequestOut]
    count: int


class DelayedOut(Schema):
    """status: scheduled, running, done or cancelled. run: what came of it."""

    id: UUID
    task_id: UUID
    status: str
    customer_id: UUID
    request_path: str
    http_method: str
    body_template: Json | None
    request_headers: dict[str, str]
    name: str | None
    fire_at: datetime | None
    run: RunOut | None
    created_at: datetime
    updated_at: datetime | None


class DelayedPage(Schema):
    data: list[DelayedOut]
    count: int


class RunOut(Schema):
    """log_id: of the request log; null when nothing was called. cost: null until it is settled."""

    id: UUID
    recurrent_request_id: UUID
    kind: str
    status: str
    due_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    lateness_ms: int | None
    attempt: int
    times: int
    log_id: UUID | None
    response_status: int | None
    response_size: int | None
    checks: list[Json]
    error_code: str | None
    error: str | None
    replay_of: UUID | None
    cost: str | None
    currency: str | None


class RunDetail(RunOut):
    """response_body: the beginning of the answer as text; is_cut: there was more of it."""

    request: Json | None
    response_headers: dict[str, str] | None
    response_body: str | None
    is_cut: bool


class RunPage(Schema):
    data: list[RunOut]
    count: int


def content(given: Schema) -> Json:
    """Return what was given, under the names of the columns. Nulls of columns that cannot be null are left out."""
    said = given.dict(exclude_unset=True)
    kept = {COLUMNS.get(name, name): value for name, value in said.items()}
    return {name: value for name, value in kept.items() if value is not None or name in _MAY_BE_NULL}


def shown(row: Schedule) -> RequestOut:
    """Return a recurrent request."""
    return RequestOut(
        id=row.pk,
        status=_STATUS.get(row.state, "cancelled"),
        customer_id=row.team_id,
        service_id=row.service_id,
        enrollment_id=row.enrollment_id,
        request_path=row.path,
        http_method=row.method,
        body_template=row.body_template if isinstance(row.body_template, dict) else None,
        request_headers=row.headers,
        schedule=row.schedule,
        state=_state(row),
        name=row.name or None,
        created_at=row.created_at.isoformat(),
        updated_at=row.updated_at.isoformat(),
    )


def delayed(row: Schedule, run: Run | None, cost: tuple[Decimal, str] | None) -> DelayedOut:
    """Return a delayed call with what came of it."""
    status = {"active": "scheduled"}.get(row.state, row.state)
    if status == "scheduled" and run is not None and run.state == RunState.STARTED:
        status = "running"
    return DelayedOut(
        id=row.pk,
        task_id=row.pk,
        status=status,
        customer_id=row.team_id,
        request_path=row.path,
        http_method=row.method,
        body_template=row.body_template if isinstance(row.body_template, dict) else None,
        request_headers=row.headers,
        name=row.name or None,
        fire_at=row.due_at or (run.due_at if run else None),
        run=run_shown(run, cost) if run else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def run_shown(run: Run, cost: tuple[Decimal, str] | None) -> RunOut:
    """Return a run without its answer."""
    return RunOut(**_run(run, cost))


def run_detail(run: Run, cost: tuple[Decimal, str] | None) -> RunDetail:
    """Return a run with its answer."""
    return RunDetail(
        **_run(run, cost),
        request=run.sent,
        response_headers=run.response_headers,
        response_body=run.text if run.response_body is not None else None,
        is_cut=run.is_cut,
    )


def _run(run: Run, cost: tuple[Decimal, str] | None) -> Json:
    lateness = run.lateness
    return {
        "id": run.id,
        "recurrent_request_id": run.schedule_id,
        "kind": run.kind,
        "status": run.state,
        "due_at": run.due_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "lateness_ms": int(lateness.total_seconds() * 1000) if lateness is not None else None,
        "attempt": run.attempt,
        "times": run.slots,
        "log_id": run.request_id,
        "response_status": run.status,
        "response_size": run.response_size,
        "checks": run.checks,
        "error_code": run.error_code or None,
        "error": run.error or None,
        "replay_of": run.replay_of,
        "cost": f"{cost[0]:f}" if cost else None,
        "currency": cost[1] if cost else None,
    }


def _state(row: Schedule) -> Json:
    return {
        "next_due_at": row.due_at.isoformat() if row.due_at else None,
        "last_run_at": row.last_run_at.isoformat() if row.last_run_at else None,
        "last_status": row.last_state or None,
        "failures": row.failures,
        "pause_reason": row.pause_reason or None,
        "expected_status": row.expected_status or None,
        "expected_body": row.expected_body or None,
        "expected_match": row.match,
        "overlap": row.overlap,
        "catch_up": row.catch_up,
        "catch_up_seconds": row.catch_up_seconds,
        "delivery": row.delivery,
        "timeout_seconds": row.timeout_seconds,
        "notify_after": row.notify_after,
        "pause_after": row.pause_after,
    }


DelayedOut.model_rebuild()
