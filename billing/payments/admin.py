"""The operators' view of payments: read all, refund a top-up, handle a notice again, look after a wallet."""

from __future__ import annotations

from typing import cast
from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action

from accounts.users.models import User
from billing.payments import gateways, queries
from billing.payments.admin_forms import RefundForm
from billing.payments.models import AutoTopUp, Chargeback, Customer, ProcessorNotice, Refund, TopUp
from billing.payments.processor import ProcessorError
from billing.payments.services import notices, refunds, top_ups
from common.admin import ReadOnlyAdmin
from common.amounts import written_exactly
from common.errors import DomainError
from domain.money import Money


@admin.register(TopUp)
class TopUpAdmin(ReadOnlyAdmin):
    list_display = ("wallet", "kind", "amount", "state", "started_at", "card_label", "payment_id", "failure")
    list_filter = ("state", "kind", "wallet__currency")
    list_select_related = ("wallet__team",)
    search_fields = ("wallet__team__name", "wallet__team__display_name", "payment_id", "id")
    date_hierarchy = "started_at"
    actions = ("ask_the_processor",)
    actions_detail = ("refund",)

    @admin.action(description="Ask the processor what became of it", permissions=["move_money"])
    def ask_the_processor(self, request: HttpRequest, chosen: QuerySet[TopUp]) -> None:
        for top_up in chosen.select_related("wallet__team"):
            try:
                found = top_ups.recover(top_up=top_up, processor=gateways.processor(), now=timezone.now())
            except (ProcessorError, DomainError) as error:
                messages.error(request, f"{top_up}: {error}")
            else:
                messages.success(request, f"{top_up}: {found.get_state_display()}")

    @action(description="Refund", url_path="refund", icon="undo")
    def refund(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send unspent money of the wallet back to its cards, as its owner could."""
        if not self.has_move_money_permission(request):
            raise PermissionDenied
        top_up = get_object_or_404(TopUp.objects.select_related("wallet__team"), pk=object_id)
        form = RefundForm(request.POST or None, initial={"key": uuid4()})
        if form.is_valid() and self._refunded(request, top_up, form):
            return HttpResponseRedirect(reverse("admin:payments_topup_change", args=[top_up.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Refund: {top_up.wallet}",
            "wallet": top_up.wallet,
            "refundable": queries.refundable(top_up.wallet).total,
            "form": form,
            "opts": self.model._meta,
            "back": reverse("admin:payments_topup_change", args=[top_up.pk]),
        }
        status = 422 if form.is_bound else 200
        return render(request, "admin/payments/refund_form.html", context, status=status)

    def _refunded(self, request: HttpRequest, top_up: TopUp, form: RefundForm) -> bool:
        amount = Money(form.cleaned_data["amount"], top_up.wallet.currency)
        try:
            refunds.request(
                wallet=top_up.wallet,
                amount=amount,
                request_key=form.cleaned_data["key"],
                by=cast(User, request.user),
                now=timezone.now(),
            )
        except DomainError as error:
            form.add_error("amount", error.message)
            return False
        done = f"{written_exactly(amount.amount, amount.currency)} {amount.currency} refunded."
        self.log_change(request, top_up, done)
        messages.success(request, done)
        return True

    def has_move_money_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.change_topup")


@admin.register(AutoTopUp)
class AutoTopUpAdmin(ReadOnlyAdmin):
    list_display = ("wallet", "is_enabled", "threshold", "target", "monthly_ceiling", "paused_reason", "next_try_at")
    list_filter = ("is_enabled", "paused_reason")
    list_select_related = ("wallet__team",)
    search_fields = ("wallet__team__name",)


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = ("top_up", "amount", "state", "started_at", "by", "is_external", "refund_id", "message")
    list_filter = ("state", "is_external")
    list_select_related = ("top_up__wallet__team", "by")
    search_fields = ("top_up__wallet__team__name", "refund_id", "top_up__payment_id")


@admin.register(Chargeback)
class ChargebackAdmin(ReadOnlyAdmin):
    list_display = ("top_up", "amount", "state", "reason", "started_at", "dispute_id")
    list_filter = ("state",)
    list_select_related = ("top_up__wallet__team",)
    search_fields = ("top_up__wallet__team__name", "dispute_id", "top_up__payment_id")


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = ("team", "processor_id", "is_live")
    list_select_related = ("team",)
    search_fields = ("team__name", "processor_id")


@admin.register(ProcessorNotice)
class ProcessorNoticeAdmin(ReadOnlyAdmin):
    list_display = ("type", "object_id", "state", "attempts", "received_at", "made_at", "error")
    list_filter = ("state", "type")
    search_fields = ("id", "object_id")
    date_hierarchy = "received_at"
    actions = ("handle_again",)

    @admin.action(description="Handle again", permissions=["handle"])
    def handle_again(self, request: HttpRequest, chosen: QuerySet[ProcessorNotice]) -> None:
        for notice in chosen:
            handled = notices.handle(notice=notice, processor=gateways.processor(), now=timezone.now())
            messages.info(request, f"{handled}: {handled.get_state_display()} {handled.error}".strip())

    def has_handle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.change_processornotice")
