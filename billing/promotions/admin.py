from django.contrib import admin
from unfold.admin import ModelAdmin

from billing.promotions.models import PriceRule


@admin.register(PriceRule)
class PriceRuleAdmin(ModelAdmin):
    list_display = ("name", "seller", "status", "apply_at", "priority", "requires_redemption", "expires_at")
    list_filter = ("status", "apply_at", "requires_redemption")
    search_fields = ("name", "seller__name", "code")
    readonly_fields = [field.name for field in PriceRule._meta.fields]

    def has_add_permission(self, request: object) -> bool:
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        return False
