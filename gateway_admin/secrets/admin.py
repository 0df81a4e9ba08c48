from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from gateway_admin.secrets.models import Secret, SecretGrant


class ReadOnlyAdmin(ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Secret)
class SecretAdmin(ReadOnlyAdmin):
    list_display = ("name", "team", "sensitive", "version", "updated_at", "last_used_at")
    list_filter = ("sensitive", "team__kind")
    search_fields = ("name", "team__name")
    fields = ("team", "name", "description", "sensitive", "version", "updated_at", "updated_by", "last_used_at")


@admin.register(SecretGrant)
class SecretGrantAdmin(ReadOnlyAdmin):
    list_display = ("name", "host", "team", "granted_by", "created_at")
    search_fields = ("name", "host", "team__name")
