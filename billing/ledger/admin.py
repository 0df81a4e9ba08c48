"""The operators' view of the books."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from billing.ledger.models import Account, Entry, Transaction
from common.admin import ReadOnlyAdmin


class EntryInline(TabularInline):
    model = Entry
    extra = 0
    max_num = 0
    can_delete = False
    fields = readonly_fields = ("debit", "credit", "amount", "currency")

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyAdmin):
    list_display = ("idempotency_key", "kind", "effective_at", "created_at", "created_by", "memo")
    list_filter = ("kind",)
    list_select_related = ("created_by",)
    search_fields = ("idempotency_key", "memo", "id")
    date_hierarchy = "effective_at"
    inlines = (EntryInline,)


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ("kind", "owner", "currency")
    list_filter = ("kind", "currency")
    list_select_related = ("owner",)
    search_fields = ("owner__name",)
