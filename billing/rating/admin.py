"""The operators' view of usage: charges, what waits for a price, what was set aside."""

from __future__ import annotations

import json

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from billing.rating import queries, services
from billing.rating.models import Charge, HourlySales, HourlyUsage, PeriodUsage, UsageInbox, UsageQuarantine
from common.admin import ReadOnlyAdmin
from common.errors import DomainError
from domain.pricing import PricingError


@admin.register(Charge)
class ChargeAdmin(ReadOnlyAdmin):
    list_display = (
        "started_at",
        "team",
        "service_id",
        "channel",
        "outcome",
        "status",
        "list_cost",
        "cost",
        "charged",
        "loss",
        "state",
    )
    list_filter = ("state", "outcome", "period")
    list_select_related = ("team",)
    search_fields = ("event_id", "team__name", "service_id")
    readonly_fields = ("loss", "arithmetic")
    actions = ("reprice",)
    show_full_result_count = False

    @admin.display(description="how the cost came about")
    def arithmetic(self, charge: Charge) -> SafeString | str:
        try:
            explained = queries.explain(charge)
        except PricingError as error:
            return str(error)
        return format_html("<pre>{}</pre>", json.dumps(explained.to_json(), indent=2)) if explained else ""

    @admin.action(description="Price again", permissions=["settle"])
    def reprice(self, request: HttpRequest, chosen: QuerySet[Charge]) -> None:
        for charge in chosen:
            try:
                services.reprice(charge=charge)
            except DomainError as error:
                messages.error(request, error.message)
            else:
                messages.success(request, f"{charge.event_id} has its price.")

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rating.change_charge")


@admin.register(UsageQuarantine)
class UsageQuarantineAdmin(ReadOnlyAdmin):
    list_display = ("event_id", "gateway_id", "wallet_id", "quarantined_at", "error")
    list_filter = ("gateway_id",)
    search_fields = ("event_id", "wallet_id", "error")
    actions = ("retry",)

    @admin.action(description="Send back to the inbox", permissions=["settle"])
    def retry(self, request: HttpRequest, chosen: QuerySet[UsageQuarantine]) -> None:
        ids = list(chosen.values_list("event_id", flat=True))
        services.retry(event_ids=ids)
        messages.success(request, f"{len(ids)} sent back. What cannot be settled comes back here within seconds.")

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rating.change_charge")


@admin.register(UsageInbox)
class UsageInboxAdmin(ReadOnlyAdmin):
    list_display = ("event_id", "gateway_id", "wallet_id", "received_at")
    list_filter = ("gateway_id",)
    show_full_result_count = False


@admin.register(PeriodUsage)
class PeriodUsageAdmin(ReadOnlyAdmin):
    list_display = (
        "period",
        "late",
        "wallet",
        "service_id",
        "enrollment_id",
        "channel",
        "requests",
        "listed",
        "covered",
        "discounted",
        "charged",
    )
    list_filter = ("period", "late")
    list_select_related = ("wallet__team",)
    search_fields = ("wallet__team__name", "service_id")


@admin.register(HourlyUsage)
class HourlyUsageAdmin(ReadOnlyAdmin):
    list_display = ("starts_at", "wallet", "service_id", "api_key_id", "alias", "requests", "failures", "charged")
    list_filter = ("period",)
    list_select_related = ("wallet__team",)
    search_fields = ("wallet__team__name", "service_id")
    show_full_result_count = False


@admin.register(HourlySales)
class HourlySalesAdmin(ReadOnlyAdmin):
    list_display = ("starts_at", "service_id", "currency", "slot", "requests", "failures", "paid")
    list_filter = ("period",)
    search_fields = ("service_id",)
    show_full_result_count = False
