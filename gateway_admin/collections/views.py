"""Pages of collections: services that are called as one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission
from common import htmx
from gateway_admin.collections import queries
from gateway_admin.collections import services as collections
from gateway_admin.collections.forms import CollectionForm, EditForm, MemberForm
from gateway_admin.collections.models import Collection
from gateway_admin.named_pages import REFUSALS, address, calling, refuse, rights
from marketplace.catalog.models import Service
from marketplace.enrollments import queries as enrollments

_FOUND = 10


@require_safe
@member_required()
def collection_list(request: MemberRequest) -> HttpResponse:
    rows = [(each, address("g", each.name)) for each in queries.collections(team=request.team)]
    return htmx.render(request, "gateway_admin/collections/collection_list.html", {"rows": rows, **rights(request)})


@require_safe
@member_required()
def collection_detail(request: MemberRequest, collection_id: UUID) -> HttpResponse:
    """One collection: how it is called, its services, and a search for more of them."""
    found = queries.collection(team=request.team, collection_id=collection_id)
    words = request.GET.get("q", "").strip()[:100]
    context: dict[str, Any] = {
        "collection": found,
        "members": list(queries.members(found)),
        "calling": calling("g", found.name),
        "q": words,
        **rights(request),
    }
    if context["may_manage"]:
        services = list(queries.addable(collection=found, words=words)[: _FOUND + 1])
        context |= {"services": services[:_FOUND], "has_more": len(services) > _FOUND}
    return htmx.render(request, "gateway_admin/collections/collection_detail.html", context, partial="services")


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_ROUTING)
def collection_create(request: MemberRequest) -> HttpResponse:
    form = CollectionForm(request.POST or None)
    if form.is_valid():
        try:
            made = collections.create(team=request.team, by=request.user, now=timezone.now(), **form.cleaned_data)
        except REFUSALS as error:
            refuse(form, error)
        else:
            messages.success(request, f"{made.name} is made. Add the services that it calls.")
            return htmx.redirect(request, "collections:detail", made.pk, event="collection-changed")
    template = "gateway_admin/collections/collection_form.html"
    return htmx.render(request, template, {"form": form}, partial="collection-form")


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_ROUTING)
def collection_edit(request: MemberRequest, collection_id: UUID) -> HttpResponse:
    found = queries.collection(team=request.team, collection_id=collection_id)
    form = EditForm(request.POST or None, initial={each: getattr(found, each) for each in EditForm.base_fields})
    if form.is_valid():
        collections.update(collection=found, changes=form.cleaned_data, now=timezone.now())
        messages.success(request, f"{found.name} is saved. Calls that begin now follow it.")
        return htmx.redirect(request, "collections:detail", found.pk, event="collection-changed")
    template = "gateway_admin/collections/collection_form.html"
    return htmx.render(request, template, {"form": form, "collection": found}, partial="collection-form")


@require_POST
@member_required(Permission.MANAGE_ROUTING)
def collection_delete(request: MemberRequest, collection_id: UUID) -> HttpResponse:
    found = queries.collection(team=request.team, collection_id=collection_id)
    collections.delete(collection=found)
    messages.success(request, f"{found.name} is deleted.")
    return htmx.redirect(request, "collections:list", event="collection-changed")


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_ROUTING)
def member(request: MemberRequest, collection_id: UUID, service_id: UUID) -> HttpResponse:
    """Add a service, or change how it stands in the collection."""
    found = queries.collection(team=request.team, collection_id=collection_id)
    standing = queries.member(collection=found, service_id=service_id)
    service = standing.service if standing else enrollments.offered_service(team=request.team, service_id=service_id)
    initial = {each: getattr(standing, each) for each in MemberForm.base_fields} if standing else {}
    form = MemberForm(request.POST or None, initial=initial)
    if form.is_valid() and _added(form, found, service):
        messages.success(request, f"{service} takes calls to {found.name}, with weight {form.cleaned_data['weight']}.")
        return htmx.redirect(request, "collections:detail", found.pk, event="collection-changed")
    context = {"form": form, "collection": found, "service": service, "standing": standing}
    return htmx.render(request, "gateway_admin/collections/member_form.html", context, partial="member-form")


@require_POST
@member_required(Permission.MANAGE_ROUTING)
def member_remove(request: MemberRequest, collection_id: UUID, service_id: UUID) -> HttpResponse:
    found = queries.collection(team=request.team, collection_id=collection_id)
    collections.remove_member(collection=found, service_id=service_id)
    messages.success(request, f"The service is taken out of {found.name}.")
    return htmx.redirect(request, "collections:detail", found.pk, event="collection-changed")


def _added(form: MemberForm, collection: Collection, service: Service) -> bool:
    """Add the service. A refusal becomes an error of the form."""
    try:
        collections.add_member(collection=collection, service=service, **form.arguments)
    except (collections.ServiceNotCallable, *REFUSALS) as error:
        refuse(form, error)
        return False
    return True
