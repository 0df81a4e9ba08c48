from django.contrib import admin

from common.admin import ReadOnlyAdmin
from gateway_admin.preferences.models import Preference


@admin.register(Preference)
class PreferenceAdmin(ReadOnlyAdmin):
    list_display = ("team", "name", "target", "updated_at", "updated_by")
    list_filter = ("name",)
    search_fields = ("team__name", "target")
