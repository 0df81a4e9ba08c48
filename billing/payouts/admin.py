"""The operators' view of what sellers earn and are paid, and what they may do about it."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from unfold.admin import TabularInline
from unfold.decorators import action

from accounts.users.models import User
from billing.payouts import services
from billing.payouts.forms import AdjustmentForm, NoteForm, ResolveForm, VoidForm, WindowForm
from billing.payouts.models import (
    Adjustment,
    AdjustmentKind,
    Invoice,
    InvoiceLine,
    InvoiceNote,
    Payout,
    PayoutTerm,
    SellerAccount,
)
from common.admin import ActingAdmin, ReadOnlyAdmin
from domain.money import Money


class _Listed(TabularInline):
    """Rows that belong to an invoice; nobody edits them."""

    extra = 0
    max_num = 0
    can_delete = False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class LineInline(_Listed):
    model = InvoiceLine
    fields = readonly_fields = (
        "service_name",
        "period",
        "price_in_words",
        "requests",
        "customer_charge",
        "payout",
        "error",
    )


class AdjustmentInline(_Listed):
    model = Adjustment
    fields = readonly_fields = ("kind", "note", "credited", "amount", "entered_at")


class NoteInline(_Listed):
    model = InvoiceNote
    fields = readonly_fields = ("created_at", "author", "is_operator", "text")


@admin.register(Invoice)
class InvoiceAdmin(ActingAdmin):
    list_display = ("number", "seller", "period", "state", "earned", "adjusted", "closing", "currency", "reason")
    list_filter = ("state", "reason", "currency", "period")
    list_select_related = ("seller",)
    search_fields = ("seller__name", "seller__display_name", "id")
    inlines = (LineInline, AdjustmentInline, NoteInline)
    actions_detail = ("answer", "resolve", "void")

    @action(description="Write to the seller", url_path="answer", icon="chat")
    def answer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Add a line to the thread of a disputed invoice."""
        invoice = _invoice(object_id)

        def apply(entered: dict[str, Any]) -> str:
            services.note(invoice_id=invoice.pk, text=entered["text"], by=_operator(request), is_operator=True)
            return "Sent to the seller."

        return self.ask(request, invoice, title="Write", form=_form(NoteForm, request), apply=apply)

    @action(description="Resolve", url_path="resolve", icon="gavel")
    def resolve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Settle a dispute about the invoice."""
        invoice = _invoice(object_id)

        def apply(entered: dict[str, Any]) -> str:
            services.resolve(
                invoice_id=invoice.pk,
                amount=Money(entered["amount"], invoice.currency),
                text=entered["text"],
                by=_operator(request),
                now=timezone.now(),
            )
            return "Resolved. It is finalized within the hour."

        return self.ask(request, invoice, title="Resolve", form=_form(ResolveForm, request), apply=apply)

    @action(description="Void", url_path="void", icon="block")
    def void(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Declare the invoice void, so that its month is invoiced anew."""
        invoice = _invoice(object_id)

        def apply(entered: dict[str, Any]) -> str:
            services.void(invoice_id=invoice.pk, reason=entered["text"], by=_operator(request), now=timezone.now())
            return "Voided. The month is invoiced anew within the hour."

        return self.ask(request, invoice, title="Void", form=_form(VoidForm, request), apply=apply)


@admin.register(SellerAccount)
class SellerAccountAdmin(ActingAdmin):
    list_display = ("seller", "country", "can_be_paid", "schedule", "payout_window_days", "skip_reason", "checked_at")
    list_filter = ("can_be_paid", "schedule", "country")
    list_select_related = ("seller",)
    search_fields = ("seller__name", "seller__display_name", "processor_account")
    actions_detail = ("adjust", "window")

    @action(description="Adjust earnings", url_path="adjust", icon="balance")
    def adjust(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Add to what the seller earned, or take from it: a chargeback, a correction."""
        account = _account(object_id)

        def apply(entered: dict[str, Any]) -> str:
            services.enter(
                seller=account.seller,
                amount=Money(entered["amount"], entered["currency"]),
                kind=AdjustmentKind(entered["kind"]),
                cause=f"operator:{entered['key']}",
                note=entered["note"],
                by=_operator(request),
                now=timezone.now(),
            )
            return "Booked. It is listed on the seller's next invoice."

        return self.ask(request, account, title="Adjust earnings", form=_form(AdjustmentForm, request), apply=apply)

    @action(description="Payout window", url_path="window", icon="schedule")
    def window(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give a trusted seller a shorter window, or a risky one a longer."""
        account = _account(object_id)

        def apply(entered: dict[str, Any]) -> str:
            services.set_window(seller=account.seller, days=entered["days"])
            return "The payout window is set."

        form = _form(WindowForm, request, initial={"days": account.payout_window_days})
        return self.ask(request, account, title="Payout window", form=form, apply=apply)


@admin.register(Payout)
class PayoutAdmin(ActingAdmin):
    list_display = ("requested_at", "seller", "amount", "currency", "origin", "state", "transfer", "failure")
    list_filter = ("state", "origin", "currency")
    list_select_related = ("seller",)
    search_fields = ("seller__name", "seller__display_name", "transfer", "id")
    actions_detail = ("take_back",)

    @action(description="Take back", url_path="take-back", icon="undo")
    def take_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take a payout back: in the books at once, then at the processor."""
        payout = get_object_or_404(Payout.objects.select_related("seller"), pk=object_id)

        def apply(_: dict[str, Any]) -> str:
            services.take_back(payout_id=payout.pk, by=_operator(request), now=timezone.now())
            return "Taken back in the books. The processor is asked now; its answer stands here within minutes."

        lead = f"{payout.amount} {payout.currency} sent to {payout.seller} is taken back, if it is still there."
        return self.ask(request, payout, title="Take back", form=_form(forms.Form, request), apply=apply, lead=lead)


@admin.register(Adjustment)
class AdjustmentAdmin(ReadOnlyAdmin):
    list_display = ("entered_at", "seller", "kind", "amount", "currency", "note", "invoice")
    list_filter = ("kind", "currency")
    list_select_related = ("seller", "invoice__seller")
    search_fields = ("seller__name", "seller__display_name", "cause", "note")


@admin.register(PayoutTerm)
class PayoutTermAdmin(ReadOnlyAdmin):
    list_display = ("service_id", "seller", "from_period", "price", "currency")
    list_filter = ("currency", "from_period")
    list_select_related = ("seller", "price")
    search_fields = ("seller__name", "seller__display_name", "service_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PayoutTerm]:
        return super().get_queryset(request).order_by("-from_period", "service_id")


def _invoice(object_id: str) -> Invoice:
    return get_object_or_404(Invoice.objects.select_related("seller"), pk=object_id)


def _account(object_id: str) -> SellerAccount:
    return get_object_or_404(SellerAccount.objects.select_related("seller"), pk=object_id)


def _operator(request: HttpRequest) -> User:
    return cast(User, request.user)


def _form(kind: type[forms.Form], request: HttpRequest, **more: Any) -> forms.Form:
    return kind(request.POST if request.method == "POST" else None, **more)
