"""Promotions for operators: the platform's to write, the sellers' to read; redemptions and quotas."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from accounts.users.models import User
from billing.promotions import services
from billing.promotions.forms import PlatformRuleForm
from billing.promotions.models import Allowance, PriceRule, Redemption
from common.admin import ReadOnlyAdmin


@admin.register(PriceRule)
class PriceRuleAdmin(ModelAdmin):
    """A rule without a seller is the platform's. Sellers change theirs themselves."""

    form = PlatformRuleForm
    list_display = ("name", "owner", "status", "apply_at", "priority", "requires_redemption", "uses", "expires_at")
    list_filter = ("status", "apply_at", "requires_redemption", ("seller", admin.EmptyFieldListFilter))
    list_select_related = ("seller",)
    search_fields = ("name", "seller__name", "code")
    readonly_fields = ("code", "uses", "active_from", "active_until", "created_by", "updated_at")
    fields = (*PlatformRuleForm.Meta.fields, *readonly_fields)
    actions = ("activate", "pause")

    @admin.display(description="paid by", ordering="seller")
    def owner(self, rule: PriceRule) -> str:
        return str(rule.seller or "The platform")

    def save_model(self, request: HttpRequest, obj: PriceRule, form: Any, change: bool) -> None:
        stored, _ = services.store_platform_rule(
            rule=obj if change else None,
            content=form.cleaned_data["content"],
            by=cast(User, request.user),
            now=timezone.now(),
        )
        obj.pk = stored.pk
        obj.refresh_from_db()

    @admin.action(description="Activate", permissions=["change"])
    def activate(self, request: HttpRequest, chosen: QuerySet[PriceRule]) -> None:
        for rule in chosen.filter(seller=None):
            services.activate(rule=rule, now=timezone.now())
            messages.success(request, f"{rule} is active.")

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, chosen: QuerySet[PriceRule]) -> None:
        """Stop a rule; also a seller's, when it must be stopped at once."""
        for rule in chosen:
            paused = services.pause(rule=rule, now=timezone.now())
            messages.success(request, f"{rule} is {paused.get_status_display().lower()}.")

    def has_change_permission(self, request: HttpRequest, obj: PriceRule | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.seller_id is None)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Redemption)
class RedemptionAdmin(ReadOnlyAdmin):
    list_display = ("rule", "team", "redeemed_by", "redeemed_at")
    list_select_related = ("rule", "team", "redeemed_by")
    search_fields = ("rule__name", "rule__code", "team__name")


@admin.register(Allowance)
class AllowanceAdmin(ReadOnlyAdmin):
    list_display = ("name", "wallet", "metric", "included", "used", "starts_at", "ends_at")
    list_filter = ("metric",)
    list_select_related = ("wallet__team",)
    search_fields = ("name", "wallet__team__name", "enrollment_id")
