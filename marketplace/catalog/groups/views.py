"""A seller's groups: who is in them, who would be by another rule, and how calls reach them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams.access import MemberRequest, seller_required
from accounts.teams.permissions import Permission, is_allowed
from common import htmx
from common.errors import DomainError, Invalid
from common.pagination import Page, page_number
from marketplace.catalog import queries, services
from marketplace.catalog.groups.forms import STRATEGIES, GroupForm
from marketplace.catalog.services.membership import Preview

_PAGE_SIZE, _SHOWN = 25, 20


@require_safe
@seller_required()
def group_list(request: MemberRequest) -> HttpResponse:
    """The seller's groups, newest first."""
    found = queries.seller_groups(team=request.team)
    number = page_number(request.GET.get("page"))
    rows = list(found[(number - 1) * _PAGE_SIZE : number * _PAGE_SIZE])
    context = {"page": Page(rows, number, _PAGE_SIZE, found.count()), **_rights(request)}
    return htmx.render(request, "marketplace/catalog/group_list.html", context, partial="group-table")


@require_safe
@seller_required()
def group_detail(request: MemberRequest, service_group_id: UUID) -> HttpResponse:
    """One group: its members and how they are chosen."""
    group = queries.seller_group(team=request.team, group_id=service_group_id)
    policy = group.routing_policy
    changes, number = queries.membership_changes(group), page_number(request.GET.get("page"))
    rows = list(changes[(number - 1) * _PAGE_SIZE : number * _PAGE_SIZE])
    context = {
        "group": group,
        "changes": Page(rows, number, _PAGE_SIZE, changes.count()),
        "members": list(queries.group_members(group)),
        "strategy": STRATEGIES.get((policy or {}).get("strategy") or "weighted_random", "")
        if policy is not None
        else "",
        "address": f"{queries.gateway_url('api')}/g/{request.team.name}:{group.name}" if policy is not None else "",
        "children": list(group.children.order_by("name")),
        "can_delete": group.status in {"draft", "private"},
        **_rights(request),
    }
    return htmx.render(request, "marketplace/catalog/group_detail.html", context, partial="group-changes")


@require_http_methods(["GET", "POST"])
@seller_required(Permission.MANAGE_SERVICES)
def group_create(request: MemberRequest) -> HttpResponse:
    """A new group."""
    form = GroupForm(request.POST or None, parents=_parents(request))
    if form.is_valid() and "preview" not in request.POST:
        try:
            group = services.upload_group(owner=request.team, file=form.file)
        except DomainError as error:
            _refuse(form, error)
        else:
            messages.success(request, f"{group} has {_count(group.members.count())}.")
            return htmx.redirect(request, "seller_groups:detail", group.pk, event="group-created")
    return _form(request, form)


@require_http_methods(["GET", "POST"])
@seller_required(Permission.MANAGE_SERVICES)
def group_edit(request: MemberRequest, service_group_id: UUID) -> HttpResponse:
    """Change a group. Its name stays: promotions and callers use it."""
    group = queries.seller_group(team=request.team, group_id=service_group_id)
    form = GroupForm(request.POST or None, parents=_parents(request), group=group)
    if form.is_valid() and "preview" not in request.POST:
        try:
            services.change_group(owner=request.team, group=group, changes=form.file)
        except DomainError as error:
            _refuse(form, error)
        else:
            messages.success(request, f"{group} has {_count(group.members.count())}.")
            return htmx.redirect(request, "seller_groups:detail", group.pk, event="group-changed")
    return _form(request, form)


@require_POST
@seller_required(Permission.MANAGE_SERVICES)
def group_preview(request: MemberRequest) -> HttpResponse:
    """Who would join and leave, for what stands in the form now. Nothing is changed."""
    name = request.POST.get("group", "")
    group = queries.seller_groups(team=request.team).filter(name=name).first() if name else None
    form = GroupForm(request.POST, parents=_parents(request), group=group)
    form.is_valid()
    context = {"form": form, "group": group, "preview": _preview(request, form)}
    return htmx.render(request, "marketplace/catalog/group_form.html", context, partial="group-preview", status=200)


@require_POST
@seller_required(Permission.MANAGE_SERVICES)
def group_delete(request: MemberRequest, service_group_id: UUID) -> HttpResponse:
    group = queries.seller_group(team=request.team, group_id=service_group_id)
    try:
        services.delete_group(group=group)
    except DomainError as error:
        messages.error(request, error.message)
        return htmx.redirect(request, "seller_groups:detail", service_group_id)
    messages.success(request, f"{group} is deleted. Its services stay.")
    return htmx.redirect(request, "seller_groups:list", event="group-deleted")


def _form(request: MemberRequest, form: GroupForm) -> HttpResponse:
    if form.is_bound:
        form.is_valid()
    preview = _preview(request, form) if form.is_bound or form.group else None
    context = {"form": form, "group": form.group, "preview": preview}
    asked = 200 if "preview" in request.POST and not form.errors else None
    return htmx.render(request, "marketplace/catalog/group_form.html", context, partial="group-form", status=asked)


def _preview(request: MemberRequest, form: GroupForm) -> dict[str, Any]:
    """Return who would be in the group, or why nobody can say."""
    group = form.group
    file = form.file if form.is_bound else services.group_as_file(group) if group else {}
    # whoever types a rule first may not have named the group yet
    file = {**file, "name": file.get("name") or "new-group", "display_name": file.get("display_name") or "New group"}
    try:
        told = services.preview_group(owner=request.team, file=file)
    except Invalid as error:
        return {"problems": error.problems}
    return _shown(told)


def _shown(told: Preview) -> dict[str, Any]:
    kinds = (("joining", told.joining), ("leaving", told.leaving), ("members", told.members))
    return {
        **{kind: found[:_SHOWN] for kind, found in kinds},
        **{f"{kind}_more": max(len(found) - _SHOWN, 0) for kind, found in kinds},
        "count": _count(len(told.members)),
        "is_same": not told.joining and not told.leaving,
    }


def _refuse(form: GroupForm, error: DomainError) -> None:
    if isinstance(error, Invalid):
        form.add_problems(error)
    else:
        form.add_error(None, error.message)


def _count(number: int) -> str:
    return f"{number} service" if number == 1 else f"{number} services"


def _parents(request: MemberRequest) -> list[str]:
    return list(queries.seller_groups(team=request.team).order_by("name").values_list("name", flat=True))


def _rights(request: MemberRequest) -> dict[str, bool]:
    return {"may_manage": is_allowed(request.membership.role, Permission.MANAGE_SERVICES)}
