"""Plans, subscriptions and fees for operators: to look at, not to change."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from billing.subscriptions.models import Fee, Plan, Subscription
from common.admin import ReadOnlyAdmin


class FeeInline(TabularInline):
    model = Fee
    extra = 0
    can_delete = False
    fields = readonly_fields = (
        "number",
        "kind",
        "plan",
        "starts_at",
        "ends_at",
        "charged",
        "credited",
        "amount",
        "paid_at",
    )

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Plan)
class PlanAdmin(ReadOnlyAdmin):
    list_display = ("name", "key", "version", "service_id", "fee", "currency", "quantity", "metric", "withdrawn_at")
    list_filter = ("metric", "currency")
    search_fields = ("key", "name", "service_id")


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    list_display = ("team", "plan", "status", "number", "starts_at", "ends_at", "cancels_at", "unpaid_since")
    list_filter = ("status",)
    list_select_related = ("team", "plan")
    search_fields = ("team__name", "enrollment_id", "service_id", "plan__key")
    inlines = (FeeInline,)


@admin.register(Fee)
class FeeAdmin(ReadOnlyAdmin):
    list_display = ("subscription", "kind", "number", "amount", "starts_at", "ends_at", "paid_at")
    list_filter = ("kind",)
    list_select_related = ("subscription__plan", "subscription__team")
    search_fields = ("subscription__team__name", "service_id", "enrollment_id")
