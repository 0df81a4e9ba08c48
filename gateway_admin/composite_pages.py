"""Pages of chains and of broadcasts: names whose calls become several, one for each of their parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission
from common import htmx
from common.errors import DomainError
from gateway_admin import named
from gateway_admin.composite_forms import PartForm, PartForms, refuse_row, summary
from gateway_admin.named_pages import REFUSALS, address, calling, rights
from gateway_admin.rows import NamedRow

_FORM = "gateway_admin/named/composite_form.html"


@dataclass(frozen=True, slots=True)
class Composite:
    """What chains, or broadcasts, say of themselves. noun: what the services take one by, and pages call it.

    letter: before its name in calls. lead, teaser: what it is, and on an empty list what it is good for.
    refusals: those of its services that the form shows.
    """

    noun: str
    letter: str
    lead: str
    teaser: str
    icon: str
    list_template: str
    detail_template: str
    parts: PartForms[Any]
    new_form: type[forms.Form]
    edit_form: type[forms.Form]
    rows: Callable[..., QuerySet[Any]]
    create: Callable[..., Any]
    rewrite: Callable[..., Any]
    delete: Callable[..., None]
    refusals: tuple[type[DomainError], ...] = REFUSALS

    def row(self, request: MemberRequest, row_id: UUID) -> NamedRow:
        """Return one of the team's. Raises: NotFound."""
        return named.one_of(self.rows(team=request.team), row_id, what=self.noun)


def addresses(kind: Composite) -> list[URLPattern]:
    """Return where the pages of a kind stand."""
    given = {"kind": kind}
    return [
        path("", composite_list, given, name="list"),
        path("/new", composite_create, given, name="create"),
        path("/<uuid:row_id>", composite_detail, given, name="detail"),
        path("/<uuid:row_id>/edit", composite_edit, given, name="edit"),
        path("/<uuid:row_id>/delete", composite_delete, given, name="delete"),
    ]


@require_safe
@member_required()
def composite_list(request: MemberRequest, kind: Composite) -> HttpResponse:
    rows = [
        (each, getattr(each, kind.parts.name).all(), address(kind.letter, each.name))
        for each in kind.rows(team=request.team)
    ]
    return htmx.render(request, kind.list_template, {"kind": kind, "rows": rows, **rights(request)})


@require_safe
@member_required()
def composite_detail(request: MemberRequest, kind: Composite, row_id: UUID) -> HttpResponse:
    row = kind.row(request, row_id)
    context = {"kind": kind, "row": row, "calling": calling(kind.letter, row.name), **rights(request)}
    return htmx.render(request, kind.detail_template, context)


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_ROUTING)
def composite_create(request: MemberRequest, kind: Composite) -> HttpResponse:
    return _edited(request, kind, kind.new_form, None)


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_ROUTING)
def composite_edit(request: MemberRequest, kind: Composite, row_id: UUID) -> HttpResponse:
    return _edited(request, kind, kind.edit_form, kind.row(request, row_id))


@require_POST
@member_required(Permission.MANAGE_ROUTING)
def composite_delete(request: MemberRequest, kind: Composite, row_id: UUID) -> HttpResponse:
    row = kind.row(request, row_id)
    kind.delete(**{kind.noun: row})
    messages.success(request, f"{row.name} is deleted.")
    return htmx.redirect(request, f"{kind.noun}s:list", event=f"{kind.noun}-changed")


def _edited(request: MemberRequest, kind: Composite, form_type: type[forms.Form], row: NamedRow | None) -> HttpResponse:
    """Save what was typed, or show the forms to fill in; after "More rows" with what was typed, not yet judged."""
    if request.method != "POST":
        initial = {each: getattr(row, each) for each in form_type.base_fields} if row else {}
        form, rows = form_type(initial=initial), kind.parts.rows(whole=row)
    elif "more" in request.POST:
        form, rows = form_type(initial=request.POST.dict()), kind.parts.more_rows(request.POST)
    else:
        form, rows = form_type(request.POST), kind.parts.rows(request.POST, whole=row)
        if form.is_valid() and rows.is_valid() and (saved := _saved(request, kind, form, rows, row)):
            said = "is saved. Calls that begin now follow it." if row else "is made."
            messages.success(request, f"{saved.name} {said}")
            return htmx.redirect(request, f"{kind.noun}s:detail", saved.pk, event=f"{kind.noun}-changed")
    context = {
        "kind": kind,
        "form": form,
        "rows": rows,
        "row": row,
        "lines": summary(form, rows, kind.parts.noun.title()),
    }
    return htmx.render(request, _FORM, context, partial="composite-form", status=422 if form.is_bound else 200)


def _saved(
    request: MemberRequest, kind: Composite, form: forms.Form, rows: forms.BaseFormSet[PartForm], row: NamedRow | None
) -> NamedRow | None:
    """Make or change it. A refusal becomes an error of the form or of a row."""
    given = {kind.parts.name: kind.parts.contents(rows), "now": timezone.now()}
    try:
        if row is None:
            return kind.create(team=request.team, by=request.user, **form.cleaned_data, **given)
        return kind.rewrite(**{kind.noun: row}, changes=form.cleaned_data, **given)
    except kind.refusals as error:
        refuse_row(form, rows, error)
        return None
