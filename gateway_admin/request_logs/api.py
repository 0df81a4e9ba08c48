"""Request logs over JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from ninja import Query, Router

from accounts.teams import callers
from accounts.teams.callers import KeyRequest
from accounts.teams.permissions import Permission, is_allowed
from common import streaming
from common.apis.decorations import Deprecated
from common.http import presented_key
from common.ninja import Endpoints
from gateway_admin.api_keys import queries as api_keys
from gateway_admin.request_logs import exporting, filters, queries, services, shown, tailing
from gateway_admin.request_logs.models import RequestLog
from gateway_admin.request_logs.schemas import Enabled, LogDetail, LogItem, LogPage, LogQuery, LogWindow

router = Router(tags=["request logs"])
endpoint = Endpoints(router)
Json = dict[str, Any]
_TEXT = {"schema": {"type": "string"}}
_EXPORTED = {"responses": {200: {"content": {"text/csv": _TEXT, "application/x-ndjson": _TEXT}}}}
_TAILED = {"responses": {200: {"content": {"text/event-stream": _TEXT}}}}


@endpoint("GET", "/request-logs", {200: LogPage})
def log_list(request: KeyRequest, query: Query[LogQuery], window: Query[LogWindow]) -> LogPage:
    """Return the account's calls and their parts, newest first, without bodies."""
    wanted, now = query.wanted(request), timezone.now()
    page = queries.page(
        team=request.team, wanted=wanted, now=now, before=window.cursor, skip=window.skip, limit=window.limit
    )
    count = queries.count(team=request.team, wanted=wanted, now=now)
    return LogPage(
        total_count=count.number,
        total_is_exact=count.is_exact,
        skip=window.skip,
        limit=window.limit,
        items=[LogItem(**each) for each in _items(page.rows)],
        next_cursor=str(page.next_id) if page.next_id else None,
    )


@endpoint("GET", "/request-logs/export", {200: None}, openapi_extra=_EXPORTED)
def log_export(
    request: KeyRequest, query: Query[LogQuery], format: Literal["csv", "jsonl"] = "csv"
) -> StreamingHttpResponse:
    """Return every row that the filter finds, as a table or as lines of JSON."""
    write, content_type = exporting.FORMATS[format]
    rows = queries.every(team=request.team, wanted=query.wanted(request), now=timezone.now())
    return streaming.stream(request, write(rows), content_type=content_type, filename=f"request-logs.{format}")


@endpoint("GET", "/request-logs/tail", {200: None}, openapi_extra=_TAILED)
def log_tail(request: KeyRequest, query: Query[LogQuery]) -> HttpResponse:
    """Tell rows as they are written, as server-sent events, until the key ends."""
    tailing.check_room()
    team, raw = request.team, presented_key(request)

    def look() -> Sequence[RequestLog]:
        # the window moves along: what begins from now on is wanted, whatever the filter says of times
        runs = queries.runs_of(team=team, schedule_id=query.recurrent_request_id)
        wanted = filters.made(query.model_dump(exclude={"start_time", "end_time"}), now=timezone.now(), runs=runs)
        return queries.fresh(team=team, wanted=wanted, now=timezone.now())

    def may_go_on() -> bool:
        key = api_keys.authenticate(raw, timezone.now())
        return key is not None and key.team_id == team.pk

    def written(rows: Sequence[RequestLog]) -> list[str]:
        return [json.dumps(each, separators=(",", ":")) for each in _items(rows)]

    tail = tailing.Tail(look, may_go_on, written)
    return streaming.events(request, tail.events(), lambda: tail.once(request.headers.get("Last-Event-ID", "")))


#: Clients up to 0.1.22 turn this switch; it is a preference now.
_OLD = Deprecated(since=date(2026, 1, 1), successor="/v1/preferences/request-log")


@endpoint("POST", "/request-logs/start", {200: Enabled}, makes=False, deprecated=_OLD)
def log_start(request: KeyRequest, truncate_long_message: bool | None = None) -> Enabled:
    """Keep bodies of every call: their beginnings, or all of them."""
    callers.check(request, Permission.CALL)
    services.start(
        team=request.team, truncated=truncate_long_message, by=request.api_key.created_by, now=timezone.now()
    )
    return Enabled(enabled=True)


@endpoint("POST", "/request-logs/stop", {200: Enabled}, makes=False, deprecated=_OLD)
def log_stop(request: KeyRequest) -> Enabled:
    """Keep no bodies but of calls that ask for it."""
    callers.check(request, Permission.CALL)
    services.stop(team=request.team, by=request.api_key.created_by, now=timezone.now())
    return Enabled(enabled=False)


@endpoint("GET", "/request-logs/{uuid:log_id}", {200: LogDetail})
def log_detail(request: KeyRequest, log_id: UUID) -> LogDetail:
    """Return everything that is known of a call, with what is kept of its bodies."""
    return _detail(request, log_id)


@endpoint("DELETE", "/request-logs/{uuid:log_id}/bodies", {200: LogDetail})
def log_forget(request: KeyRequest, log_id: UUID) -> LogDetail:
    """Remove what is kept of a call's headers and bodies. Its row and its charge stay."""
    callers.check(request, Permission.CALL)
    services.forget(
        team=request.team,
        log_id=log_id,
        by=request.api_key.created_by,
        through=f"API key {getattr(request.api_key, 'name', '')}",
        now=timezone.now(),
    )
    return _detail(request, log_id)


def _detail(request: KeyRequest, log_id: UUID) -> LogDetail:
    now = timezone.now()
    row = queries.row(team=request.team, log_id=log_id, now=now)
    may_read = is_allowed(request.api_key.role, Permission.CALL)
    kept = queries.kept(team=request.team, log_id=log_id, now=now) if may_read else None
    cost, schedules = queries.costs([row]).get(row.pk), queries.schedules_of([row])
    attempts = [LogItem(**each) for each in _items(queries.parts(row))]
    return LogDetail(**shown.detail(row, kept, cost, schedules), attempts=attempts)


def _items(rows: Sequence[RequestLog]) -> list[Json]:
    costs, schedules = queries.costs(rows), queries.schedules_of(rows)
    return [shown.item(row, costs.get(row.pk), schedules) for row in rows]
