"""The operators' view of the catalogue: what waits for review, what is on sale, uploads that failed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline

from accounts.users.models import User
from common import ports
from common.admin import may_act
from common.errors import DomainError
from marketplace.catalog import plans, queries, services
from marketplace.catalog.models import (
    AccessInterface,
    Document,
    GroupMember,
    MembershipChange,
    Provider,
    Service,
    ServiceGroup,
    StatusChange,
    UploadTask,
)


class ReadOnly:
    """Operators decide; they do not edit what sellers wrote."""

    model: type[Model]

    def has_act_permission(self, request: HttpRequest) -> bool:
        return may_act(request, self.model)

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class InterfaceInline(ReadOnly, TabularInline):
    model = AccessInterface
    extra = 0
    fields = ("name", "access_method", "gateway", "path", "routing_key", "is_active", "is_enrollment_scoped")


class StatusChangeInline(ReadOnly, TabularInline):
    model = StatusChange
    extra = 0
    fields = ("at", "from_status", "to_status", "by", "reason")


#: What can be done from the review page: {action: (label, needs a reason)}.
DECISIONS: dict[str, tuple[str, bool]] = {
    "approve": ("Approve", False),
    "reject": ("Reject", True),
    "suspend": ("Suspend", True),
    "resume": ("Resume", False),
    "deprecate": ("Deprecate", False),
}


@admin.register(Service)
class ServiceAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "name",
        "review_link",
        "seller",
        "status",
        "visibility",
        "kind",
        "is_revision",
        "service_type",
        "submitted_at",
    )
    list_filter = ("status", "visibility", "kind", "service_type", "provider")
    search_fields = ("name", "display_name", "seller__name", "provider__name", "id")
    list_select_related = ("seller",)
    inlines = (InterfaceInline, StatusChangeInline)
    actions = ("approve_selected", "deprecate_selected")
    exclude = ("search", "facets")
    date_hierarchy = "submitted_at"

    @admin.display(boolean=True, description="revision")
    def is_revision(self, service: Service) -> bool:
        return service.is_revision

    @admin.display(description="")
    def review_link(self, service: Service) -> SafeString:
        return format_html('<a href="{}">Review</a>', reverse("admin:catalog_service_review", args=[service.pk]))

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<uuid:service_id>/review/",
                self.admin_site.admin_view(self.review),
                name="catalog_service_review",
            )
        ]
        return [*own, *super().get_urls()]

    def review(self, request: HttpRequest, service_id: str) -> HttpResponse:
        """Show all that a decision needs, and take it."""
        service = get_object_or_404(
            Service.objects.select_related("seller", "provider", "offering", "listing", "list_price", "revision_of"),
            pk=service_id,
        )
        if not self.has_view_permission(request, service):
            raise PermissionDenied
        if request.method == "POST":
            return self._decide(request, service)
        return render(request, "admin/catalog/service_review.html", self._review_context(request, service))

    def _review_context(self, request: HttpRequest, service: Service) -> dict[str, Any]:
        files = {"Provider": service.provider_data, "Offering": service.offering.data, "Listing": service.listing.data}
        return {
            **self.admin_site.each_context(request),
            "title": f"Review of {service.name}",
            "service": service,
            "opts": self.model._meta,
            "problems": services.problems_for_sale(service),
            "hindrance": ports.approval_hindrance(service.pk),
            "price": queries.price_in_words(service),
            "price_on_sale": queries.price_in_words(service.revision_of) if service.revision_of else "",
            "plans": plans.stated(service),
            "payout": service.offering.payout_price,
            "differences": queries.differences(service),
            "neighbours": queries.services_at(queries.paths(service), without=service),
            "interfaces": [(each, queries.base_url(each)) for each in service.interfaces.all()],
            "documents": queries.documents(service),
            "history": service.status_changes.select_related("by"),
            "files": {name: json.dumps(data, indent=2, ensure_ascii=False) for name, data in files.items()},
            "decisions": {
                name: label
                for name, label in DECISIONS.items()
                if service.status in services.STEPS[name].starts and self.has_act_permission(request)
            },
        }

    def _decide(self, request: HttpRequest, service: Service) -> HttpResponse:
        if not self.has_act_permission(request):
            raise PermissionDenied
        name = request.POST.get("decision", "")
        reason = request.POST.get("reason", "").strip()
        try:
            decided = _decision(name)(service, request, reason)
        except DomainError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse("admin:catalog_service_review", args=[service.pk]))
        messages.success(request, f"{decided.name} is now {decided.get_status_display().lower()}.")
        return HttpResponseRedirect(reverse("admin:catalog_service_review", args=[decided.pk]))

    @admin.action(description="Approve", permissions=["act"])
    def approve_selected(self, request: HttpRequest, chosen: QuerySet[Service]) -> None:
        self._decide_all(request, chosen, "approve")

    @admin.action(description="Deprecate", permissions=["act"])
    def deprecate_selected(self, request: HttpRequest, chosen: QuerySet[Service]) -> None:
        self._decide_all(request, chosen, "deprecate")

    def _decide_all(self, request: HttpRequest, chosen: QuerySet[Service], name: str) -> None:
        for service in chosen:
            try:
                _decision(name)(service, request, "")
            except DomainError as error:
                messages.error(request, f"{service.name}: {error.message}")
            else:
                messages.success(request, f"{service.name}: done.")


class DecisionUnknown(DomainError):
    """Nothing that the page offers."""

    code = "decision_unknown"
    sentence = "Choose one of the decisions that the page offers."


def _approve(service: Service, request: HttpRequest, _: str) -> Service:
    seen = request.POST.get("seen") or None
    return services.approve(service=service, by=cast(User, request.user), now=timezone.now(), seen=seen)


def _decision(name: str) -> Callable[[Service, HttpRequest, str], Service]:
    """Return the service function of a decision, called with service, request and reason."""
    if name not in DECISIONS:
        raise DecisionUnknown()
    if name == "approve":
        return _approve
    decide = getattr(services, name)
    if not DECISIONS[name][1]:
        return lambda service, request, _: decide(service=service, by=request.user, now=timezone.now())
    return lambda service, request, reason: decide(service=service, reason=reason, by=request.user, now=timezone.now())


@admin.register(Provider)
class ProviderAdmin(ReadOnly, ModelAdmin):
    list_display = ("name", "display_name", "seller", "homepage", "status")
    list_filter = ("status",)
    search_fields = ("name", "display_name", "seller__name")
    list_select_related = ("seller",)


class MemberInline(ReadOnly, TabularInline):
    model = GroupMember
    extra = 0
    fields = ("service", "routing_key")


@admin.register(ServiceGroup)
class ServiceGroupAdmin(ReadOnly, ModelAdmin):
    list_display = ("name", "display_name", "owner", "status", "parent", "expression")
    list_filter = ("status",)
    search_fields = ("name", "display_name", "owner__name")
    list_select_related = ("owner", "parent")
    inlines = (MemberInline,)


@admin.register(MembershipChange)
class MembershipChangeAdmin(ReadOnly, ModelAdmin):
    list_display = ("at", "group_name", "service_name", "has_joined", "cause", "rule_revision", "rule")
    list_filter = ("has_joined", "cause", "at")
    search_fields = ("group_name", "service_name")
    date_hierarchy = "at"


@admin.register(Document)
class DocumentAdmin(ReadOnly, ModelAdmin):
    list_display = ("title", "category", "mime_type", "is_public", "owner_kind")
    list_filter = ("category", "mime_type", "is_public")
    search_fields = ("title",)


@admin.register(UploadTask)
class UploadTaskAdmin(ReadOnly, ModelAdmin):
    list_display = ("key", "seller", "status", "created_at", "finished_at", "error")
    list_filter = ("status",)
    search_fields = ("key", "seller__name", "error")
    list_select_related = ("seller",)
    actions = ("retry_selected",)

    @admin.action(description="Ingest again", permissions=["act"])
    def retry_selected(self, request: HttpRequest, chosen: QuerySet[UploadTask]) -> None:
        for task in chosen:
            services.retry_upload(task=task)
        messages.success(request, "The failed ones among them are ingested again.")
