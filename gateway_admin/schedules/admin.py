from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.admin import ModelAdmin

from common.admin import ReadOnlyAdmin
from gateway_admin.schedules import queries
from gateway_admin.schedules.models import Schedule, ScheduleQuota, TaskAnswer

_RUNS_SHOWN = 50


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin):
    """Runs are shown with their schedule: their primary key has two columns, which the admin cannot list."""

    list_display = ("__str__", "team", "kind", "state", "due_at", "failures", "last_state", "created_at")
    list_filter = ("kind", "state", "last_state")
    search_fields = ("name", "path", "team__name")
    list_select_related = ("team",)
    fields = (
        "id", "team", "created_by", "api_key", "kind", "state", "name", "method", "path", "schedule", "due_at",
        "overlap", "catch_up", "catch_up_seconds", "delivery", "timeout_seconds", "expected_status", "failures",
        "pause_reason", "notice", "created_at", "last_runs",
    )  # fmt: skip
    readonly_fields = ("last_runs",)

    @admin.display(description="last runs")
    def last_runs(self, row: Schedule) -> str:
        """What was made when, by which dispatcher, and what came of it."""
        lines = format_html_join(
            "",
            "<li>{} {}: {} {} (attempt {}, {}) {}</li>",
            (
                (run.due_at.isoformat(), run.kind, run.state, run.status or "", run.attempt, run.worker, run.error)
                for run in queries.runs(row)[:_RUNS_SHOWN]
            ),
        )
        return format_html("<ul>{}</ul>", lines) if lines else "none"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> object:
        overdue = queries.overdue(now=queries.database_time(), by=queries.WORTH_A_LOOK)
        title = f"Schedules: {overdue} overdue" if overdue else "Schedules"
        return super().changelist_view(request, {**(extra_context or {}), "title": title})


@admin.register(ScheduleQuota)
class ScheduleQuotaAdmin(ModelAdmin):
    """How many calls for later a team may have, where it is not 1,000."""

    list_display = ("team", "most")
    search_fields = ("team__name",)
    autocomplete_fields = ("team",)


@admin.register(TaskAnswer)
class TaskAnswerAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "team", "created_at", "finished_at")
    search_fields = ("id", "broadcast", "team__name")
    list_select_related = ("team",)
    fields = ("id", "team", "broadcast", "name", "created_at", "finished_at")
