"""Enrollments for operators: to look at, not to change."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from common.admin import ReadOnlyAdmin
from marketplace.enrollments.models import Enrollment, EnrollmentInterface


class InterfaceInline(TabularInline):
    model = EnrollmentInterface
    extra = 0
    can_delete = False
    fields = readonly_fields = ("name", "gateway", "path", "routing_key", "description")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Enrollment)
class EnrollmentAdmin(ReadOnlyAdmin):
    list_display = ("code", "team", "service", "status", "created_at", "cancelled_at")
    list_filter = ("status", "scope")
    list_select_related = ("team", "service")
    search_fields = ("code", "team__name", "service__name")
    inlines = (InterfaceInline,)
