"""Pages of scheduled requests: what is called when, and what came of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission, is_allowed
from common import htmx
from common.errors import DomainError
from common.pagination import Page, page_number
from domain import periods
from domain.scheduling import cadences, wording
from gateway_admin.schedules import comparing, outlook, queries, services
from gateway_admin.schedules.forms import ScheduleForm, initial
from gateway_admin.schedules.models import Schedule
from gateway_admin.schedules.outlook import Outlook
from gateway_admin.schedules.services import Owner

_ROWS, _RUNS = 30, 25
#: Refusals that a form shows, and where.
_REFUSALS = (
    services.RequestInvalid,
    services.ScheduleInvalid,
    services.NameTaken,
    services.NoRoom,
    services.StateConflict,
)
_FIELDS = {"body_template": "body", "interval_seconds": "every", "schedule_type": "cadence"}


@require_safe
@member_required()
def schedule_list(request: MemberRequest) -> HttpResponse:
    """The team's calls for later: those that repeat, or with ?kind=delayed those that are made once."""
    kind = Schedule.Kind.DELAYED if request.GET.get("kind") == "delayed" else Schedule.Kind.RECURRENT
    rows = queries.schedules(team=request.team, kind=kind)
    total = rows.count()
    number = page_number(request.GET.get("page"))
    shown = [(each, _words(each)) for each in rows[(number - 1) * _ROWS : number * _ROWS]]
    counts = queries.counts(team=request.team)
    context = {
        "page": Page(shown, number, _ROWS, total),
        "kind": kind,
        "tabs": _tabs(kind, counts),
        **_rights(request),
    }
    return htmx.render(request, "gateway_admin/schedules/schedule_list.html", context, partial="schedules")


@require_safe
@member_required()
def schedule_detail(request: MemberRequest, schedule_id: UUID) -> HttpResponse:
    """One of them, with its next times and its runs. ?part=runs is what the page asks for again and again."""
    schedule = queries.schedule(team=request.team, schedule_id=schedule_id)
    number = page_number(request.GET.get("page"))
    runs = queries.runs(schedule)
    shown = list(runs[(number - 1) * _RUNS : number * _RUNS])
    costs = queries.costs(shown)
    zone = (schedule.schedule or {}).get("timezone") or request.team.timezone
    context = {
        "schedule": schedule,
        "words": _words(schedule),
        "zone": zone,
        "moments": outlook.upcoming(schedule.schedule, schedule.due_at, zone),
        "page": Page([(run, costs.get(run.id)) for run in shown], number, _RUNS, runs.count()),
        **_rights(request),
    }
    return htmx.render(request, "gateway_admin/schedules/schedule_detail.html", context, partial="runs")


@require_http_methods(["GET", "POST"])
@member_required(Permission.CALL)
def schedule_create(request: MemberRequest) -> HttpResponse:
    """A new one. "Preview" shows what would come of it, "Save as draft" does not start it."""
    start = {"timezone": request.team.timezone, "path": request.GET.get("path", "")[:8192]}
    form = ScheduleForm(request.POST or None, initial=start)
    is_sent = request.method == "POST" and "preview" not in request.POST
    if is_sent and form.is_valid() and (made := _made(request, form)):
        messages.success(request, f"{made} is {'kept as a draft' if made.state == 'draft' else 'scheduled'}.")
        return htmx.redirect(request, "schedules:detail", made.pk, event="schedule-changed")
    return _form(request, form, None)


@require_http_methods(["GET", "POST"])
@member_required(Permission.CALL)
def schedule_edit(request: MemberRequest, schedule_id: UUID) -> HttpResponse:
    """Change one. From then on it runs with the rights of whoever changed it."""
    schedule = queries.schedule(team=request.team, schedule_id=schedule_id, kind=Schedule.Kind.RECURRENT)
    form = ScheduleForm(request.POST or None, initial=initial(schedule))
    is_sent = request.method == "POST" and "preview" not in request.POST
    if is_sent and form.is_valid() and _changed(request, form, schedule):
        messages.success(request, f"{form.cleaned_data['name'] or schedule} is saved.")
        return htmx.redirect(request, "schedules:detail", schedule.pk, event="schedule-changed")
    return _form(request, form, schedule)


@require_POST
@member_required(Permission.CALL)
def schedule_preview(request: MemberRequest) -> HttpResponse:
    """What would come of the form as it is filled in now."""
    form = ScheduleForm(request.POST)
    form.is_valid()
    context = {"outlook": _outlook(request, form)}
    return htmx.render(request, "gateway_admin/schedules/schedule_preview.html", context, partial="preview")


@require_POST
@member_required(Permission.CALL)
def schedule_act(request: MemberRequest, schedule_id: UUID, action: str) -> HttpResponse:
    """Pause, resume, cancel or delete one."""
    schedule = queries.schedule(team=request.team, schedule_id=schedule_id)
    now, owner, back = timezone.now(), Owner(request.user), reverse("schedules:detail", args=[schedule.pk])
    try:
        if action == "pause":
            services.pause(schedule=schedule, now=now)
            said = f"{schedule} is paused."
        elif action == "resume":
            services.resume(schedule=schedule, owner=owner, now=now)
            said = f"{schedule} runs again, with your rights."
        elif action == "cancel":
            services.cancel(schedule=schedule, now=now)
            said = f"{schedule} is cancelled. Its runs stay readable."
        else:
            services.delete(schedule=schedule)
            said, back = f"{schedule} is deleted.", _list_address(schedule)
    except _CONFLICTS as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said)
    return htmx.redirect(request, back, event="schedule-changed")


@require_POST
@member_required(Permission.CALL)
def schedule_copy(request: MemberRequest, schedule_id: UUID) -> HttpResponse:
    schedule = queries.schedule(team=request.team, schedule_id=schedule_id)
    made = services.copy(schedule=schedule, owner=Owner(request.user), now=timezone.now())
    messages.success(request, f"{made} is a draft. Say when it runs.")
    return htmx.redirect(request, "schedules:edit", made.pk, event="schedule-changed")


@require_POST
@member_required(Permission.CALL)
def schedule_run(request: MemberRequest, schedule_id: UUID) -> HttpResponse:
    """Make the call now. The page of the run fills itself in when the answer is there."""
    schedule = queries.schedule(team=request.team, schedule_id=schedule_id)
    run = services.run_now(schedule=schedule, by=request.user, now=queries.database_time())
    return htmx.redirect(request, "schedules:run", run.id, event="run-asked")


@require_safe
@member_required()
def run_detail(request: MemberRequest, run_id: UUID) -> HttpResponse:
    """A run: what was sent, what came back, and how it differs from the run before, or from ?with=another."""
    run = queries.run(team=request.team, run_id=run_id)
    other = queries.compared_with(run, request.GET.get("with", ""))
    context = {
        "run": run,
        "cost": queries.costs([run]).get(run.id),
        "is_logged": queries.is_logged(run, now=timezone.now()),
        "other": other,
        "difference": comparing.difference(other, run) if other is not None and not run.is_open else None,
        "sent_body": comparing.pretty(str((run.sent or {}).get("body") or "")),
        "answer": comparing.pretty(run.text),
        **_rights(request),
    }
    return htmx.render(request, "gateway_admin/schedules/run_detail.html", context, partial="run")


@require_POST
@member_required(Permission.CALL)
def run_replay(request: MemberRequest, run_id: UUID) -> HttpResponse:
    run = queries.run(team=request.team, run_id=run_id)
    made = services.replay(run=run, by=request.user, now=queries.database_time())
    return htmx.redirect(request, "schedules:run", made.id, event="run-asked")


_CONFLICTS = (services.StateConflict, services.AlreadyStarted, services.RequestInvalid, services.ScheduleInvalid)


def _made(request: MemberRequest, form: ScheduleForm) -> Schedule | None:
    owner, now = Owner(request.user), timezone.now()
    try:
        if form.is_once:
            return services.create_delayed(
                team=request.team, owner=owner, content=form.content, at=form.at_utc, now=now
            )
        schedule = None if "draft" in request.POST else form.schedule
        return services.create(team=request.team, owner=owner, content=form.content, schedule=schedule, now=now)
    except _REFUSALS as error:
        _refuse(form, error)
        return None


def _changed(request: MemberRequest, form: ScheduleForm, schedule: Schedule) -> bool:
    changes = {**form.content, "schedule": form.schedule}
    if schedule.body and changes["body_template"] is None:
        del changes["body_template"]  # what /r/ brought is sent as it came, and the form cannot show it
    if "catch_up_minutes" not in form.changed_data:
        changes.pop("catch_up_seconds", None)  # the form has it without its seconds
    try:
        services.update(schedule=schedule, changes=changes, owner=Owner(request.user), now=timezone.now())
    except _REFUSALS as error:
        _refuse(form, error)
        return False
    return True


def _refuse(form: ScheduleForm, error: DomainError) -> None:
    field = str(error.facts.get("field", ""))
    field = "name" if isinstance(error, services.NameTaken) else _FIELDS.get(field, field)
    form.add_error(field if field in form.fields else None, error.message)


def _form(request: MemberRequest, form: ScheduleForm, schedule: Schedule | None) -> HttpResponse:
    is_judged = form.is_bound and not form.is_valid()
    context = {
        "form": form,
        "schedule": schedule,
        "zones": periods.zone_names(),
        "outlook": _outlook(request, form) if form.is_bound else None,
    }
    template = "gateway_admin/schedules/schedule_form.html"
    return htmx.render(request, template, context, partial="schedule-form", status=422 if is_judged else 200)


def _outlook(request: MemberRequest, form: ScheduleForm) -> Outlook | None:
    """Return what would come of the form, as far as it says when."""
    needed = {"cadence", "timezone", "every", "cron_expression", "at"} & set(form.errors)
    if needed:
        return None
    given = form.cleaned_data
    return outlook.outlook(
        team=request.team,
        schedule=form.schedule,
        path=given.get("path", ""),
        method=given.get("method") or "POST",
        body=given.get("body"),
        zone=given["timezone"],
        now=timezone.now(),
    )


def _words(schedule: Schedule) -> str:
    if schedule.schedule is None:
        return ""
    return wording.described(cadences.read(schedule.schedule))


def _tabs(kind: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    address = reverse("schedules:list")
    recurrent, delayed = Schedule.Kind.RECURRENT, Schedule.Kind.DELAYED
    return [
        {"label": "Repeated", "url": address, "current": kind == recurrent, "count": counts.get(recurrent, 0)},
        {
            "label": "Delayed",
            "url": f"{address}?kind=delayed",
            "current": kind == delayed,
            "count": counts.get(delayed, 0),
        },
    ]


def _list_address(schedule: Schedule) -> str:
    return reverse("schedules:list") + ("" if schedule.is_recurrent else "?kind=delayed")


def _rights(request: MemberRequest) -> dict[str, bool]:
    return {"may_manage": is_allowed(request.membership.role, Permission.CALL)}
