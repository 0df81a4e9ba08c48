"""The list of calls, with its filters in the address; the same rows as a file and as they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.teams import queries as teams
from accounts.teams.access import MemberRequest, member_required
from accounts.teams.models import Team
from common import htmx, ports, streaming
from common.errors import Invalid, NotFound
from gateway_admin.api_keys.models import ApiKey
from gateway_admin.request_logs import charts, exporting, filters, queries, retention, tailing
from gateway_admin.request_logs.filters import Filter
from gateway_admin.request_logs.forms import FilterForm
from gateway_admin.request_logs.models import RequestLog

_ROWS = 50
_SELLERS_SEE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the list with what is beside it. cost: (amount, currency) once it is settled."""

    row: RequestLog
    service: str
    key: str
    cost: tuple[Any, str] | None


@require_safe
@member_required()
def log_list(request: MemberRequest) -> HttpResponse:
    """A team's calls, newest first. For sellers: how their services fail, of nobody in particular."""
    if request.team.is_seller:
        return _failures(request)
    keys = queries.keys(team=request.team)
    form = _form(request.team, request.GET, keys)
    if not form.is_valid():
        return render(request, "gateway_admin/request_logs/log_list.html", {"form": form, **_nothing()}, status=422)
    wanted, now = _wanted(request.team, form), timezone.now()
    setting = queries.setting(team=request.team)
    holds = retention.of_team(request.team.pk, setting)
    before = _before(request)
    page = queries.page(team=request.team, wanted=wanted, now=now, before=before, limit=_ROWS, holds=holds)
    first = page if before is None else None
    bars = queries.histogram(team=request.team, wanted=wanted, now=now, holds=holds, first=first)
    context = {
        "form": form,
        "lines": lines(request.team, page.rows, keys),
        "page": page,
        "next_query": _query(request.GET, before=page.next_id),
        "export_query": _query(request.GET),
        "chart": charts.histogram(bars),
        "is_narrowed": any(request.GET.get(name) for name in form.fields),
        "is_first": not request.GET.get("before"),
        "retention": holds,
        "mode": queries.mode_of(setting),
    }
    return htmx.render(request, "gateway_admin/request_logs/log_list.html", context, partial="log-result")


@require_safe
@member_required()
def log_export(request: MemberRequest, kind: str) -> HttpResponse:
    """Every row that the filters of the page find, as a file."""
    if request.team.is_seller or kind not in exporting.FORMATS:
        raise NotFound(what="file")
    form = _form(request.team, request.GET)
    if not form.is_valid():
        raise Invalid([f"{name}: {errors[0]}" for name, errors in form.errors.items()])
    write, content_type = exporting.FORMATS[kind]
    rows = queries.every(team=request.team, wanted=_wanted(request.team, form), now=timezone.now())
    sent = streaming.stream(request, write(rows), content_type=content_type, filename=f"request-logs.{kind}")
    return cast(HttpResponse, sent)  # guards pass on whatever answers


@require_safe
@member_required()
def log_tail(request: MemberRequest) -> HttpResponse:
    """Rows as they are written, while the page is open, the person logged in and a member."""
    if request.team.is_seller:
        raise NotFound(what="log")
    tailing.check_room()
    team, form = request.team, _form(request.team, request.GET)
    if not form.is_valid():
        raise Invalid([f"{name}: {errors[0]}" for name, errors in form.errors.items()])
    asked = {name: value for name, value in form.cleaned_data.items() if name not in ("start_time", "end_time")}
    session, user = request.session, request.user

    def look() -> Sequence[RequestLog]:
        now = timezone.now()
        runs = queries.runs_of(team=team, schedule_id=asked["recurrent_request_id"])
        return queries.fresh(team=team, wanted=filters.made(asked, now=now, runs=runs), now=now)

    def may_go_on() -> bool:
        is_logged_in = session.exists(session.session_key or "")
        return is_logged_in and any(each.team_id == team.pk for each in teams.memberships(user=user))

    def written(rows: Sequence[RequestLog]) -> list[str]:
        return [render_to_string("gateway_admin/request_logs/_row.html", {"line": each}) for each in lines(team, rows)]

    tail = tailing.Tail(look, may_go_on, written)
    return streaming.events(request, tail.events(), lambda: tail.once(request.headers.get("Last-Event-ID", "")))


def lines(team: Team, rows: Sequence[RequestLog], keys: dict[UUID, ApiKey] | None = None) -> list[Line]:
    """Return rows with the names and the money that belong to them. keys: all of the team's, where they are known."""
    costs = queries.costs(rows)
    services = ports.service_names({row.service_id for row in rows if row.service_id})
    if keys is None:
        keys = queries.keys(team=team, rows=rows) if any(row.api_key_id for row in rows) else {}
    return [
        Line(
            row,
            services.get(row.service_id, "") if row.service_id else "",
            f"{keys[row.api_key_id].prefix}…" if row.api_key_id in keys else "",
            costs.get(row.pk),
        )
        for row in rows
    ]


def _form(team: Team, asked: QueryDict, keys: dict[UUID, ApiKey] | None = None) -> FilterForm:
    found = queries.keys(team=team) if keys is None else keys
    named = {pk: f"{key.prefix}… {key.name}" for pk, key in found.items()}
    return FilterForm(asked, services=queries.services_used(team=team), keys=named)


def _wanted(team: Team, form: FilterForm) -> Filter:
    runs = queries.runs_of(team=team, schedule_id=form.cleaned_data["recurrent_request_id"])
    return filters.made(form.cleaned_data, now=timezone.now(), runs=runs)


def _before(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("before", ""))
    except ValueError:
        return None


def _query(asked: QueryDict, *, before: UUID | None = None) -> str:
    """Return the filters as the end of an address. before: where the list goes on."""
    kept = asked.copy()
    kept.pop("before", None)
    for name in [name for name, value in kept.items() if not value]:
        del kept[name]
    if before is not None:
        kept["before"] = str(before)
    return kept.urlencode()


def _nothing() -> dict[str, Any]:
    return {"lines": [], "page": None, "chart": None, "is_narrowed": True, "is_first": True}


def _failures(request: MemberRequest) -> HttpResponse:
    since = timezone.now() - _SELLERS_SEE
    found = queries.failures_of_seller(team=request.team, since=since)
    return render(request, "gateway_admin/request_logs/failure_list.html", {"failures": found, "since": since})
