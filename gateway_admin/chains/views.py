"""Pages of chains: steps that run one after the other, and where each one leads."""

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
from gateway_admin.chains import queries
from gateway_admin.chains import services as chains
from gateway_admin.chains.forms import ChainForm, EditForm, contents, more_step_forms, step_forms
from gateway_admin.chains.models import Chain
from gateway_admin.named_pages import REFUSALS, address, calling, refuse_row, rights, summary

_REFUSED = (chains.ChainUnusable, *REFUSALS)


@require_safe
@member_required()
def chain_list(request: MemberRequest) -> HttpResponse:
    rows = [(each, address("c", each.name)) for each in queries.chains(team=request.team)]
    return htmx.render(request, "gateway_admin/chains/chain_list.html", {"rows": rows, **rights(request)})


@require_safe
@member_required()
def chain_detail(request: MemberRequest, chain_id: UUID) -> HttpResponse:
    chain = queries.chain(team=request.team, chain_id=chain_id)
    context = {"chain": chain, "calling": calling("c", chain.name), **rights(request)}
    return htmx.render(request, "gateway_admin/chains/chain_detail.html", context)


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_ROUTING)
def chain_create(request: MemberRequest) -> HttpResponse:
    if request.method == "POST" and "more" not in request.POST:
        form, rows = ChainForm(request.POST), step_forms(request.POST)
        if form.is_valid() and rows.is_valid() and (made := _made(request, form, rows)):
            messages.success(request, f"{made.name} is made.")
            return htmx.redirect(request, "chains:detail", made.pk, event="chain-changed")
        return _form(request, form, rows)
    return _form(request, *_typed(request, ChainForm, {}, None))


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_ROUTING)
def chain_edit(request: MemberRequest, chain_id: UUID) -> HttpResponse:
    chain = queries.chain(team=request.team, chain_id=chain_id)
    if request.method == "POST" and "more" not in request.POST:
        form, rows = EditForm(request.POST), step_forms(request.POST, chain=chain)
        if form.is_valid() and rows.is_valid() and _changed(form, rows, chain):
            messages.success(request, f"{chain.name} is saved. Calls that begin now follow it.")
            return htmx.redirect(request, "chains:detail", chain.pk, event="chain-changed")
        return _form(request, form, rows, chain)
    initial = {each: getattr(chain, each) for each in EditForm.base_fields}
    return _form(request, *_typed(request, EditForm, initial, chain), chain)


@require_POST
@member_required(Permission.MANAGE_ROUTING)
def chain_delete(request: MemberRequest, chain_id: UUID) -> HttpResponse:
    chain = queries.chain(team=request.team, chain_id=chain_id)
    chains.delete(chain=chain)
    messages.success(request, f"{chain.name} is deleted.")
    return htmx.redirect(request, "chains:list", event="chain-changed")


def _typed(
    request: MemberRequest, form: type[EditForm], initial: dict[str, Any], chain: Chain | None
) -> tuple[forms.Form, forms.BaseFormSet[forms.Form]]:
    """Return the forms to fill in; after "More rows" with what was typed so far, not yet judged."""
    if request.method == "POST":
        return form(initial=request.POST.dict()), more_step_forms(request.POST)
    return form(initial=initial), step_forms(chain=chain)


def _form(
    request: MemberRequest, form: forms.Form, rows: forms.BaseFormSet[forms.Form], chain: Chain | None = None
) -> HttpResponse:
    context = {"form": form, "rows": rows, "chain": chain, "lines": summary(form, rows, "Step")}
    template = "gateway_admin/chains/chain_form.html"
    return htmx.render(request, template, context, partial="chain-form", status=422 if form.is_bound else 200)


def _made(request: MemberRequest, form: forms.Form, rows: forms.BaseFormSet[forms.Form]) -> Chain | None:
    """Make the chain. A refusal becomes an error of the form or of a row."""
    try:
        return chains.create(
            team=request.team, steps=contents(rows), by=request.user, now=timezone.now(), **form.cleaned_data
        )
    except _REFUSED as error:
        refuse_row(form, rows, error)
        return None


def _changed(form: forms.Form, rows: forms.BaseFormSet[forms.Form], chain: Chain) -> bool:
    try:
        chains.rewrite(chain=chain, changes=form.cleaned_data, steps=contents(rows), now=timezone.now())
    except _REFUSED as error:
        refuse_row(form, rows, error)
        return False
    return True
