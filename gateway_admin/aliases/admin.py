from django.contrib import admin

from common.admin import ReadOnlyAdmin
from gateway_admin.aliases.models import Alias, AliasSwitch


@admin.register(Alias)
class AliasAdmin(ReadOnlyAdmin):
    list_display = ("name", "team", "target_path", "is_routing", "request_routing_key", "deactivated_at")
    search_fields = ("name", "team__name", "target_path")


@admin.register(AliasSwitch)
class AliasSwitchAdmin(ReadOnlyAdmin):
    list_display = ("at", "name", "team", "from_target", "to_target", "by")
    search_fields = ("name", "team__name")
