"""The operators' side of disputes: read the thread, write, resolve, reject."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html_join
from unfold.admin import TabularInline
from unfold.decorators import action

from accounts.users.models import User
from common.admin import ActingAdmin, ReadOnlyAdmin
from common.amounts import written_exactly
from marketplace.attachments import services as attachments
from marketplace.disputes import queries, services
from marketplace.disputes.forms import OperatorMessageForm, ResolveForm
from marketplace.disputes.models import Dispute, DisputeAttachment, DisputeMessage, Side


class MessageInline(TabularInline):
    model = DisputeMessage
    extra = 0
    max_num = 0
    can_delete = False
    fields = readonly_fields = ("sent_at", "side", "author", "text", "files")

    @admin.display(description="files")
    def files(self, message: DisputeMessage) -> str:
        found = ((attachments.address(each), each.filename) for each in message.attachments.all())
        return format_html_join(" ", '<a class="underline" href="{}">{}</a>', found)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Dispute)
class DisputeAdmin(ActingAdmin):
    list_display = ("opened_at", "service", "team", "seller", "state", "credited", "changed_at")
    list_filter = ("state",)
    list_select_related = ("service", "team", "seller")
    search_fields = ("id", "charge__event_id", "team__name", "team__display_name", "seller__name", "service__name")
    exclude = ("charge",)
    readonly_fields = ("call", "charged")
    inlines = (MessageInline,)
    actions_detail = ("answer", "resolve", "reject")

    @admin.display(description="request id of the call")
    def call(self, dispute: Dispute) -> str:
        return str(dispute.charge_id)

    @admin.display(description="charged")
    def charged(self, dispute: Dispute) -> str:
        return f"{written_exactly(dispute.charge.charged, dispute.wallet.currency)} {dispute.wallet.currency}"

    @action(description="Write", url_path="answer", icon="chat")
    def answer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Write to the customer and the seller."""
        dispute = queries.by_id(object_id)

        def apply(entered: dict[str, Any]) -> str:
            services.write(
                dispute=dispute, side=Side.OPERATOR, text=entered["text"], by=_operator(request), now=timezone.now()
            )
            return "Sent to both sides."

        return self.ask(request, dispute, title="Write", form=_form(OperatorMessageForm, request), apply=apply)

    @action(description="Resolve", url_path="resolve", icon="gavel")
    def resolve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give back all or a part of the charge."""
        dispute = queries.by_id(object_id)
        most = written_exactly(queries.creditable(dispute.charge), dispute.wallet.currency).replace(",", "")

        def apply(entered: dict[str, Any]) -> str:
            services.resolve(
                dispute=dispute,
                amount=entered["amount"],
                side=Side.OPERATOR,
                text=entered["text"],
                by=_operator(request),
                now=timezone.now(),
            )
            return "Resolved: the customer has the money back, and the seller's share of it is reversed."

        form = _form(ResolveForm, request, initial={"amount": most})
        lead = f"At most {most} {dispute.wallet.currency} can be given back."
        return self.ask(request, dispute, title="Resolve", form=form, apply=apply, lead=lead)

    @action(description="Reject", url_path="reject", icon="block")
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let the charge stand, with a reason."""
        dispute = queries.by_id(object_id)

        def apply(entered: dict[str, Any]) -> str:
            services.reject(dispute=dispute, text=entered["text"], by=_operator(request), now=timezone.now())
            return "Rejected."

        return self.ask(request, dispute, title="Reject", form=_form(OperatorMessageForm, request), apply=apply)


@admin.register(DisputeAttachment)
class DisputeAttachmentAdmin(ReadOnlyAdmin):
    """Operators see that there are files; what is in them they read in the thread."""

    list_display = ("filename", "content_type", "size", "created_at", "message")
    list_select_related = ("message",)
    search_fields = ("filename",)


def _operator(request: HttpRequest) -> User:
    return cast(User, request.user)


def _form(kind: type[forms.Form], request: HttpRequest, **more: Any) -> forms.Form:
    return kind(request.POST if request.method == "POST" else None, **more)
