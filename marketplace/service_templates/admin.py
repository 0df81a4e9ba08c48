"""Templates for operators to write; what sellers have made of them to read."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from common.admin import ReadOnlyAdmin
from marketplace.service_templates.forms import TemplateForm
from marketplace.service_templates.models import ServiceTemplate, TemplateInstance


@admin.register(ServiceTemplate)
class ServiceTemplateAdmin(ModelAdmin):
    """A template that services were made of is never deleted: deprecate it, and write a new version."""

    form = TemplateForm
    list_display = ("name", "version", "display_name", "service_type", "platform_service", "status", "updated_at")
    list_filter = ("status", "service_type")
    search_fields = ("name", "display_name")
    list_select_related = ("platform_service",)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return super().has_delete_permission(request, obj) and not (
            isinstance(obj, ServiceTemplate) and obj.instances.exists()
        )


@admin.register(TemplateInstance)
class TemplateInstanceAdmin(ReadOnlyAdmin):
    list_display = ("name", "template", "seller", "service", "last_submitted_at")
    list_select_related = ("template", "seller", "service")
    search_fields = ("name", "seller__name", "template__name")
