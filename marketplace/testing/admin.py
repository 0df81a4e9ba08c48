"""The operators' view of tests: what ran, what came of it, and a run of their own."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.admin import StackedInline

from accounts.users.models import User
from common.admin import ReadOnlyAdmin, may_act
from marketplace.catalog.models import Service
from marketplace.testing import services
from marketplace.testing.models import Purpose, TestResult, TestRun


class ResultInline(StackedInline):
    model = TestResult
    extra = 0
    can_delete = False
    fields = readonly_fields = (
        "document_title",
        "interface_name",
        "channel",
        "source",
        "status",
        "outcome",
        "fault",
        "error",
        "stdout",
        "stderr",
        "upstream_channels",
        "executed_at",
    )

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(TestRun)
class TestRunAdmin(ReadOnlyAdmin):
    list_display = (
        "service",
        "purpose",
        "status",
        "success_count",
        "fail_count",
        "skipped_count",
        "requested_at",
        "finished_at",
    )
    list_filter = ("purpose", "status")
    search_fields = ("service__name", "id")
    list_select_related = ("service",)
    date_hierarchy = "requested_at"
    inlines = (ResultInline,)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("begin/<uuid:service_id>/", self.admin_site.admin_view(self.begin), name="testing_testrun_begin"),
        ]
        return [*own, *super().get_urls()]

    def begin(self, request: HttpRequest, service_id: UUID) -> HttpResponse:
        """Have a service tested."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not may_act(request, TestRun):
            raise PermissionDenied
        service = get_object_or_404(Service, pk=service_id)
        run = services.begin(
            service=service,
            purpose=Purpose.MONITORING,
            force=True,
            by=cast(User, request.user),
            now=timezone.now(),
        )
        messages.success(request, f"The tests of {service.name} run. Their results come in on this page.")
        return HttpResponseRedirect(reverse("admin:testing_testrun_change", args=[run.pk]))


@admin.register(TestResult)
class TestResultAdmin(ReadOnlyAdmin):
    list_display = ("document_title", "interface_name", "source", "status", "fault", "executed_at")
    list_filter = ("status", "outcome", "fault", "source")
    search_fields = ("run__service__name", "document_title")
    date_hierarchy = "executed_at"
