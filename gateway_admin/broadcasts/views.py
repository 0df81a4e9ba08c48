"""Pages of broadcasts: targets that one call goes to at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission
from common import htmx
from gateway_admin.broadcasts import queries
from gateway_admin.broadcasts import services as broadcasts
from gateway_admin.broadcasts.forms import BroadcastForm, EditForm, contents, more_target_forms, target_forms
from gateway_admin.broadcasts.models import Broadcast
from gateway_admin.named_pages import REFUSALS, address, calling, refuse_row, rights, summary


@require_safe
@member_required()
def broadcast_list(request: MemberRequest) -> HttpResponse:
    rows = [(each, address("b", each.name)) for each in queries.broadcasts(team=request.team)]
    return htmx.render(request, "gateway_admin/broadcasts/broadcast_list.html", {"rows": rows, **rights(request)})


@require_safe
@member_required()
def broadcast_detail(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    broadcast = queries.broadcast(team=request.team, broadcast_id=broadcast_id)
    context = {"broadcast": broadcast, "calling": calling("b", broadcast.name), **rights(request)}
    return htmx.render(request, "gateway_admin/broadcasts/broadcast_detail.html", context)


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_ROUTING)
def broadcast_create(request: MemberRequest) -> HttpResponse:
    if request.method == "POST" and "more" not in request.POST:
        form, rows = BroadcastForm(request.POST), target_forms(request.POST)
        if form.is_valid() and rows.is_valid() and (made := _made(request, form, rows)):
            messages.success(request, f"{made.name} is made.")
            return htmx.redirect(request, "broadcasts:detail", made.pk, event="broadcast-changed")
        return _form(request, form, rows)
    return _form(request, *_typed(request, BroadcastForm, {}, None))


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_ROUTING)
def broadcast_edit(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    broadcast = queries.broadcast(team=request.team, broadcast_id=broadcast_id)
    if request.method == "POST" and "more" not in request.POST:
        form, rows = EditForm(request.POST), target_forms(request.POST, broadcast=broadcast)
        if form.is_valid() and rows.is_valid() and _changed(form, rows, broadcast):
            messages.success(request, f"{broadcast.name} is saved. Calls that begin now follow it.")
            return htmx.redirect(request, "broadcasts:detail", broadcast.pk, event="broadcast-changed")
        return _form(request, form, rows, broadcast)
    initial = {each: getattr(broadcast, each) for each in EditForm.base_fields}
    return _form(request, *_typed(request, EditForm, initial, broadcast), broadcast)


@require_POST
@member_required(Permission.MANAGE_ROUTING)
def broadcast_delete(request: MemberRequest, broadcast_id: UUID) -> HttpResponse:
    broadcast = queries.broadcast(team=request.team, broadcast_id=broadcast_id)
    broadcasts.delete(broadcast=broadcast)
    messages.success(request, f"{broadcast.name} is deleted.")
    return htmx.redirect(request, "broadcasts:list", event="broadcast-changed")


def _typed(
    request: MemberRequest, form: type[EditForm], initial: dict[str, Any], broadcast: Broadcast | None
) -> tuple[forms.Form, forms.BaseFormSet[forms.Form]]:
    """Return the forms to fill in; after "More rows" with what was typed so far, not yet judged."""
    if request.method == "POST":
        return form(initial=request.POST.dict()), more_target_forms(request.POST)
    return form(initial=initial), target_forms(broadcast=broadcast)


def _form(
    request: MemberRequest, form: forms.Form, rows: forms.BaseFormSet[forms.Form], broadcast: Broadcast | None = None
) -> HttpResponse:
    context = {"form": form, "rows": rows, "broadcast": broadcast, "lines": summary(form, rows, "Target")}
    template = "gateway_admin/broadcasts/broadcast_form.html"
    return htmx.render(request, template, context, partial="broadcast-form", status=422 if form.is_bound else 200)


def _made(request: MemberRequest, form: forms.Form, rows: forms.BaseFormSet[forms.Form]) -> Broadcast | None:
    """Make the broadcast. A refusal becomes an error of the form or of a row."""
    try:
        return broadcasts.create(
            team=request.team, targets=contents(rows), by=request.user, now=timezone.now(), **form.cleaned_data
        )
    except REFUSALS as error:
        refuse_row(form, rows, error)
        return None


def _changed(form: forms.Form, rows: forms.BaseFormSet[forms.Form], broadcast: Broadcast) -> bool:
    try:
        broadcasts.rewrite(broadcast=broadcast, changes=form.cleaned_data, targets=contents(rows), now=timezone.now())
    except REFUSALS as error:
        refuse_row(form, rows, error)
        return False
    return True
