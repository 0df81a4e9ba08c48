from django.contrib import admin

from common.admin import ReadOnlyAdmin
from gateway_admin.request_logs.models import BodyPart, Forgetting, KeptBodies, LogSetting, RequestLog


@admin.register(RequestLog)
class RequestLogAdmin(ReadOnlyAdmin):
    """Operators see what a call was; bodies are its customer's."""

    list_display = ("id", "team_id", "method", "path", "status", "error_source", "latency_ms", "started_at")
    list_filter = ("error_source",)
    search_fields = ("=id", "=team_id")
    show_full_result_count = False
    list_per_page = 50


@admin.register(KeptBodies)
class KeptBodiesAdmin(ReadOnlyAdmin):
    list_display = ("id", "team_id", "request_size", "response_size")
    search_fields = ("=id", "=team_id")
    show_full_result_count = False
    fields = ("id", "team_id", "request_size", "request_is_cut", "response_size", "response_is_cut")


@admin.register(BodyPart)
class BodyPartAdmin(ReadOnlyAdmin):
    list_display = ("log_id", "side", "number", "received_at")
    search_fields = ("=log_id",)
    fields = ("log_id", "side", "number", "received_at")


@admin.register(LogSetting)
class LogSettingAdmin(ReadOnlyAdmin):
    list_display = ("team", "mode", "keep_days", "keep_bodies_days", "updated_at")
    list_filter = ("mode",)
    search_fields = ("team__name",)
    list_select_related = ("team",)


@admin.register(Forgetting)
class ForgettingAdmin(ReadOnlyAdmin):
    list_display = ("log_id", "team", "by", "through", "created_at")
    search_fields = ("=log_id", "team__name")
    list_select_related = ("team", "by")
