from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from common.admin import may_act
from gateway_admin.api_keys import services
from gateway_admin.api_keys.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    list_display = ("prefix", "name", "team", "role", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("role", "team__kind")
    search_fields = ("prefix", "name", "team__name")
    actions = ("revoke",)
    exclude = ("digest",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        return may_act(request, ApiKey)

    @admin.action(description="Revoke", permissions=["act"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            services.revoke(key=key, now=timezone.now())
