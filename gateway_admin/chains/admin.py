from django.contrib import admin

from common.admin import ReadOnlyAdmin
from gateway_admin.chains.models import Chain, ChainStep


@admin.register(Chain)
class ChainAdmin(ReadOnlyAdmin):
    list_display = ("name", "team", "enabled", "updated_at")
    search_fields = ("name", "team__name")


@admin.register(ChainStep)
class ChainStepAdmin(ReadOnlyAdmin):
    list_display = ("chain", "name", "target_path", "on_success", "on_failure")
    search_fields = ("chain__name", "name")
