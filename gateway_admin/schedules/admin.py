from django.contrib import admin

from common.admin import ReadOnlyAdmin
from gateway_admin.schedules.models import Schedule, TaskAnswer


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "team", "kind", "state", "due_at", "created_at")
    list_filter = ("kind", "state")
    search_fields = ("name", "path", "team__name")
    list_select_related = ("team",)
    fields = ("id", "team", "created_by", "kind", "state", "name", "method", "path", "schedule", "due_at", "created_at")


@admin.register(TaskAnswer)
class TaskAnswerAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "team", "created_at", "finished_at")
    search_fields = ("id", "broadcast", "team__name")
    list_select_related = ("team",)
    fields = ("id", "team", "broadcast", "name", "created_at", "finished_at")
