"""The operators' view of wallets: read all, credit one, set its credit limit, take a credit back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from unfold.admin import TabularInline
from unfold.decorators import action

from accounts.users.models import User
from billing.ledger.models import TransactionKind
from billing.wallets import services
from billing.wallets.forms import CreditForm, CreditLimitForm
from billing.wallets.models import Lease, Wallet, WalletEntry
from common.admin import ReadOnlyAdmin
from common.amounts import written_exactly
from common.errors import DomainError
from domain.money import Money

#: Who may move money. The right to change wallets is given to operators alone; the rows themselves nobody edits.
_MOVE_MONEY = "wallets.change_wallet"

Apply = Callable[[Wallet, dict[str, Any], User, datetime], str]


class EntryInline(TabularInline):
    model = WalletEntry
    extra = 0
    max_num = 0
    can_delete = False
    ordering = ("-seq",)
    fields = readonly_fields = ("seq", "kind", "delta", "balance_after", "memo", "at")
    per_page = 25

    @admin.display
    def kind(self, entry: WalletEntry) -> str:
        return entry.transaction.get_kind_display()

    @admin.display
    def memo(self, entry: WalletEntry) -> str:
        return entry.transaction.memo

    @admin.display
    def at(self, entry: WalletEntry) -> datetime:
        return entry.transaction.effective_at

    def get_queryset(self, request: HttpRequest) -> QuerySet[WalletEntry]:
        return super().get_queryset(request).select_related("transaction")

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Wallet)
class WalletAdmin(ReadOnlyAdmin):
    list_display = ("team", "currency", "settled", "usage", "credit_limit", "held", "left_to_spend")
    list_filter = ("currency", "team__kind")
    list_select_related = ("team",)
    search_fields = ("team__name", "team__display_name", "team__contact_email", "id")
    fields = ("team", "currency", "settled", "usage", "credit_limit", "held", "left_to_spend", "created_at")
    readonly_fields = ("left_to_spend", "created_at")
    inlines = (EntryInline,)
    actions_detail = ("credit", "credit_limit")

    @admin.display(description="spendable")
    def left_to_spend(self, wallet: Wallet) -> str:
        return written_exactly(wallet.spendable, wallet.currency)

    @action(description="Credit", url_path="credit", icon="add_card")
    def credit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put money into the wallet."""
        return self._move(request, object_id, "Credit", CreditForm, _credit)

    @action(description="Credit limit", url_path="credit-limit", icon="credit_score")
    def credit_limit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let the wallet fall below zero."""
        return self._move(request, object_id, "Credit limit", CreditLimitForm, _set_credit_limit)

    def _move(
        self, request: HttpRequest, object_id: str, title: str, form_class: type[forms.Form], apply: Apply
    ) -> HttpResponse:
        if not request.user.has_perm(_MOVE_MONEY):
            raise PermissionDenied
        wallet = get_object_or_404(Wallet.objects.select_related("team"), pk=object_id)
        form = form_class(request.POST or None)
        if form.is_valid():
            try:
                done = apply(wallet, form.cleaned_data, cast(User, request.user), timezone.now())
            except DomainError as error:
                form.add_error(None, error.message)
            else:
                self.log_change(request, wallet, done)
                messages.success(request, done)
                return HttpResponseRedirect(reverse("admin:wallets_wallet_change", args=[wallet.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": f"{title}: {wallet}",
            "wallet": wallet,
            "form": form,
        }
        return render(
            request,
            "admin/wallets/wallet_form.html",
            {**context, "opts": self.model._meta, "submit": title},
            status=422 if form.is_bound else 200,
        )


def _credit(wallet: Wallet, entered: dict[str, Any], by: User, now: datetime) -> str:
    amount = Money(entered["amount"], wallet.currency)
    services.credit(
        wallet=wallet,
        amount=amount,
        kind=entered["kind"],
        key=f"operator:{entered['key']}",
        note=entered["note"],
        by=by,
        now=now,
    )
    return f"{written_exactly(amount.amount, amount.currency)} {amount.currency} credited."


def _set_credit_limit(wallet: Wallet, entered: dict[str, Any], by: User, now: datetime) -> str:
    services.set_credit_limit(wallet=wallet, limit=Money(entered["limit"], wallet.currency))
    return f"The credit limit is {written_exactly(entered['limit'], wallet.currency)} {wallet.currency}."


#: What operators booked by hand. Whatever another record stands behind is undone with that record.
_REVERSIBLE = frozenset({TransactionKind.GRANT, TransactionKind.PAYMENT})


@admin.register(WalletEntry)
class WalletEntryAdmin(ReadOnlyAdmin):
    list_display = ("wallet", "seq", "kind", "delta", "balance_after", "memo", "by")
    list_filter = ("transaction__kind", "wallet__currency")
    list_select_related = ("wallet__team", "transaction__created_by")
    search_fields = ("wallet__team__name", "transaction__memo", "transaction__idempotency_key")
    actions = ("reverse",)

    @admin.display
    def kind(self, entry: WalletEntry) -> str:
        return entry.transaction.get_kind_display()

    @admin.display
    def memo(self, entry: WalletEntry) -> str:
        return entry.transaction.memo

    @admin.display
    def by(self, entry: WalletEntry) -> str:
        return str(entry.transaction.created_by or "")

    @admin.action(description="Reverse (take the credit back)", permissions=["move_money"])
    def reverse(self, request: HttpRequest, chosen: QuerySet[WalletEntry]) -> None:
        for entry in chosen.select_related("wallet", "transaction"):
            if entry.transaction.kind not in _REVERSIBLE:
                kind = entry.transaction.get_kind_display()
                messages.error(request, f"{entry.wallet}, {entry.seq}: {kind} is undone where it was made, not here.")
                continue
            try:
                services.reverse(
                    wallet=entry.wallet,
                    original=entry.transaction,
                    note=f"Reversal of {entry.transaction.memo or entry.transaction.get_kind_display()}",
                    by=cast(User, request.user),
                    now=timezone.now(),
                )
            except DomainError as error:
                messages.error(request, f"{entry.wallet}, {entry.seq}: {error.message}")
            else:
                messages.success(request, f"{entry.wallet}, {entry.seq}: reversed.")

    def has_move_money_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(_MOVE_MONEY)


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    list_display = ("wallet", "amount", "state", "gateway_id", "opened_at", "expires_at")
    list_filter = ("state", "gateway_id")
    list_select_related = ("wallet__team",)
    search_fields = ("wallet__team__name", "gateway_id", "id")
