"""A seller's own services: where each stands, what is wrong with it, and the next step."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission, is_allowed
from common import htmx
from common.errors import DomainError, NotFound
from common.pagination import Page, page_number
from marketplace.catalog import labels, plans, queries, services
from marketplace.catalog.models import Service, ServiceKind, ServiceStatus, Visibility
from marketplace.catalog.services.lifecycle import STEPS

_PAGE_SIZE = 25
#: What a seller may do by a button, in the order of the page: step -> label.
_OFFERED = {"submit": "Submit for review", "withdraw": "Withdraw", "deprecate": "Deprecate"}


@require_safe
@member_required()
def service_list(request: MemberRequest) -> HttpResponse:
    """The services of the seller, newest first; `?status=` narrows them."""
    _check_seller(request)
    asked = request.GET.get("status", "")
    status = asked if asked in ServiceStatus.values else ""
    everything = queries.seller_services(team=request.team, with_deprecated=True)
    counts = dict(everything.order_by().values_list("status").annotate(Count("pk")))
    found = everything.filter(status=status) if status else everything
    number = page_number(request.GET.get("page"))
    rows = found.select_related("list_price")[(number - 1) * _PAGE_SIZE : number * _PAGE_SIZE]
    total = counts.get(status, 0) if status else sum(counts.values())
    context = {
        "page": Page([(each, queries.price_explained(each)) for each in rows], number, _PAGE_SIZE, total),
        "has_any": bool(counts),
        "may_manage": is_allowed(request.membership.role, Permission.MANAGE_SERVICES),
        "tabs": [_tab("All", "", status, sum(counts.values()))]
        + [_tab(each.label, each.value, status, counts[each]) for each in ServiceStatus if counts.get(each)],
    }
    return htmx.render(request, "marketplace/catalog/seller_service_list.html", context, partial="seller-service-table")


@require_safe
@member_required()
def service_detail(request: MemberRequest, service_id: UUID) -> HttpResponse:
    """One service: its state and history, problems and warnings, and what may be done now."""
    service = _service(request, service_id)
    may_manage = is_allowed(request.membership.role, Permission.MANAGE_SERVICES)
    context = {
        "service": service,
        "service_key": str(service.pk),
        "original": service.revision_of,
        "revision": queries.pending_revision(service),
        "differences": queries.changed_fields(service),
        "problems": service.status_message.splitlines(),
        "price": queries.price_explained(service),
        "plans": plans.with_income(service, now=timezone.now()),
        "interfaces": [
            (each, queries.base_url(each), json.dumps(each.routing_key) if each.routing_key else "")
            for each in service.interfaces.all()
        ],
        "accesses": [labels.access(each) for each in service.channel_types],
        "changes": service.status_changes.select_related("by").order_by("-at", "-id"),
        "steps": [(step, label) for step, label in _OFFERED.items() if may_manage and _is_possible(step, service)],
        "may_change_visibility": may_manage and service.visibility != Visibility.PRIVATE and not service.is_revision,
        "reference": labels.reference(service.name, service.pk),
        "members": queries.members(service) if service.kind == ServiceKind.PLATFORM else None,
        "has_page": service.status in {ServiceStatus.ACTIVE, ServiceStatus.DEPRECATED},
    }
    return htmx.render(request, "marketplace/catalog/seller_service_detail.html", context)


@require_POST
@member_required(Permission.MANAGE_SERVICES)
def service_submit(request: MemberRequest, service_id: UUID) -> HttpResponse:
    """Submit for review. What breaks the rules stands on the service's page afterwards."""
    service = _service(request, service_id)
    try:
        submission = services.submit(service=service, by=request.user, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        tell = messages.error if submission.problems else messages.success
        count = len(submission.problems)
        tell(request, f"Not submitted: {count} problem(s), listed below." if count else submission.message)
    return htmx.redirect(request, "seller_services:detail", service.pk, event="service-submitted")


@require_POST
@member_required(Permission.MANAGE_SERVICES)
def service_withdraw(request: MemberRequest, service_id: UUID) -> HttpResponse:
    return _step(request, service_id, services.withdraw, "{} is a draft again.", "service-withdrawn")


@require_POST
@member_required(Permission.MANAGE_SERVICES)
def service_deprecate(request: MemberRequest, service_id: UUID) -> HttpResponse:
    done = "{} takes no new customers. Those who are enrolled keep it."
    return _step(request, service_id, services.deprecate, done, "service-deprecated")


@require_POST
@member_required(Permission.MANAGE_SERVICES)
def service_visibility(request: MemberRequest, service_id: UUID) -> HttpResponse:
    """Switch between public and unlisted."""
    service = _service(request, service_id)
    wanted = request.POST.get("visibility", "")
    if wanted not in {Visibility.PUBLIC, Visibility.UNLISTED}:
        raise NotFound(what="visibility")
    service = services.set_visibility(service=service, visibility=wanted, now=timezone.now())
    messages.success(request, f"{service} is now {service.visibility}.")
    return htmx.redirect(request, "seller_services:detail", service.pk, event="service-visibility-changed")


def _step(
    request: MemberRequest, service_id: UUID, take: Callable[..., Service], done: str, event: str
) -> HttpResponse:
    service = _service(request, service_id)
    try:
        take(service=service, by=request.user, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done.format(service))
    return htmx.redirect(request, "seller_services:detail", service.pk, event=event)


def _service(request: MemberRequest, service_id: UUID) -> Service:
    _check_seller(request)
    return queries.seller_service(team=request.team, service_id=str(service_id))


def _check_seller(request: MemberRequest) -> None:
    """Customers have no such pages."""
    if not request.team.is_seller:
        raise NotFound(what="page")


def _is_possible(step: str, service: Service) -> bool:
    return service.status in STEPS[step].starts


def _tab(label: str, status: str, current: str, count: int) -> dict[str, object]:
    return {"label": label, "url": f"?status={status}" if status else "?", "current": status == current, "count": count}
