from django.contrib import admin

from common.admin import ReadOnlyAdmin
from gateway_admin.collections.models import Collection, CollectionMember


@admin.register(Collection)
class CollectionAdmin(ReadOnlyAdmin):
    list_display = ("name", "team", "policy", "enabled", "updated_at")
    search_fields = ("name", "team__name")


@admin.register(CollectionMember)
class CollectionMemberAdmin(ReadOnlyAdmin):
    list_display = ("collection", "service", "routing_key", "weight")
    search_fields = ("collection__name", "service__name")
