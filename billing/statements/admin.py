"""The operators' view of statements: read all, write the files that are missing."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import TabularInline

from billing.statements import services
from billing.statements.models import BillingDetails, Statement, StatementFile, StatementLine
from common.admin import ReadOnlyAdmin
from common.errors import DomainError


class LineInline(TabularInline):
    model = StatementLine
    extra = 0
    max_num = 0
    can_delete = False
    per_page = 50
    fields = readonly_fields = ("position", "kind", "service_name", "enrollment_code", "requests", "listed", "covered",
                                "discounted", "waived", "net", "late_months")  # fmt: skip

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class FileInline(TabularInline):
    model = StatementFile
    extra = 0
    max_num = 0
    can_delete = False
    fields = readonly_fields = ("kind", "size", "sha256", "written_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementFile]:
        return super().get_queryset(request).defer("content")

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Statement)
class StatementAdmin(ReadOnlyAdmin):
    list_display = ("number", "team", "period", "currency", "usage", "fees", "closing_balance", "issued_at")
    list_filter = ("currency", "year")
    list_select_related = ("team",)
    search_fields = ("number", "team__name", "team__display_name")
    date_hierarchy = "issued_at"
    inlines = (LineInline, FileInline)
    actions = ("render_missing",)

    @admin.action(description="Write the files that are missing", permissions=["render"])
    def render_missing(self, request: HttpRequest, chosen: QuerySet[Statement]) -> None:
        """Stored files stay as they are."""
        for statement in chosen.select_related("team"):
            try:
                files = services.render(statement=statement, now=timezone.now())
            except DomainError as error:
                messages.error(request, f"{statement}: {error.message}")
            else:
                kinds = ", ".join(sorted(file.kind for file in files))
                messages.success(request, f"{statement}: {kinds} are there.")

    def has_render_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("statements.add_statementfile")


@admin.register(BillingDetails)
class BillingDetailsAdmin(ReadOnlyAdmin):
    list_display = ("legal_name", "team", "country", "tax_id", "updated_at")
    list_filter = ("country",)
    list_select_related = ("team",)
    search_fields = ("legal_name", "team__name", "tax_id")
