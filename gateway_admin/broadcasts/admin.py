from django.contrib import admin

from common.admin import ReadOnlyAdmin
from gateway_admin.broadcasts.models import Broadcast, BroadcastTarget


@admin.register(Broadcast)
class BroadcastAdmin(ReadOnlyAdmin):
    list_display = ("name", "team", "mode", "policy", "enabled", "updated_at")
    search_fields = ("name", "team__name")


@admin.register(BroadcastTarget)
class BroadcastTargetAdmin(ReadOnlyAdmin):
    list_display = ("broadcast", "name", "target_path")
    search_fields = ("broadcast__name", "name")
