"""The operators' side of conversations: read the threads, answer tickets, close and reopen them."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from unfold.decorators import action

from accounts.users.models import User
from common.admin import ActingAdmin, ReadOnlyAdmin
from common.errors import NotFound
from marketplace.attachments import services as attachments
from marketplace.conversations import queries, services
from marketplace.conversations.forms import OperatorMessageForm
from marketplace.conversations.models import Attachment, Conversation, ConversationKind, Message, Side


@admin.register(Conversation)
class ConversationAdmin(ActingAdmin):
    """Tickets are answered here. Inquiries are between customer and seller: operators read them when one complains."""

    list_display = ("subject", "kind", "status", "team", "seller", "service", "changed_at")
    list_filter = ("kind", "status")
    list_select_related = ("team", "seller", "service")
    search_fields = ("id", "subject", "team__name", "team__display_name", "seller__name", "service__name")
    date_hierarchy = "opened_at"
    fields = readonly_fields = (
        "kind",
        "subject",
        "status",
        "team",
        "seller",
        "service",
        "opened_by",
        "opened_at",
        "changed_at",
        "thread",
    )
    actions_detail = ("answer", "close_thread", "reopen_thread")

    @admin.display(description="thread")
    def thread(self, conversation: Conversation) -> str:
        lines = [
            (each, [(file, attachments.address(file)) for file in each.attachments.all()])
            for each in queries.messages(conversation)
        ]
        return render_to_string("admin/conversations/thread.html", {"lines": lines})

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show a thread; of a ticket the operators have then read what it says."""
        page = super().change_view(request, object_id, *args, **kwargs)
        found = Conversation.objects.filter(pk=object_id, kind=ConversationKind.TICKET).first()
        if found is not None:
            services.mark_seen(conversation=found, side=Side.OPERATOR, seen_at=found.changed_at)
        return page

    @action(description="Answer", url_path="answer", icon="chat")
    def answer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Write to who asked."""
        ticket = _ticket(object_id)

        def apply(entered: dict[str, Any]) -> str:
            services.write(conversation=ticket, text=entered["text"], now=timezone.now(), **_as(request))
            return "Sent. They get a mail."

        form = OperatorMessageForm(request.POST if request.method == "POST" else None)
        return self.ask(request, ticket, title="Answer", form=form, apply=apply)

    @action(description="Close", url_path="close", icon="check")
    def close_thread(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Say that nothing more is to be done."""
        ticket = _ticket(object_id)

        def apply(_: dict[str, Any]) -> str:
            services.close(conversation=ticket, now=timezone.now(), **_as(request))
            return "Closed."

        return self.ask(request, ticket, title="Close", form=_nothing(request), apply=apply)

    @action(description="Reopen", url_path="reopen", icon="refresh")
    def reopen_thread(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let them and us write again."""
        ticket = _ticket(object_id)

        def apply(_: dict[str, Any]) -> str:
            services.reopen(conversation=ticket, now=timezone.now(), **_as(request))
            return "Open again."

        return self.ask(request, ticket, title="Reopen", form=_nothing(request), apply=apply)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Every line, to find who wrote what when; the threads are read at their conversations."""

    list_display = ("sent_at", "conversation", "side", "team", "author", "event")
    list_filter = ("side", "event")
    list_select_related = ("conversation", "team", "author")
    search_fields = ("id", "text", "conversation__subject", "team__name", "author__email")


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    """Operators see that there are files; what is in them they read in the thread."""

    list_display = ("filename", "content_type", "size", "created_at", "message")
    list_select_related = ("message",)
    search_fields = ("filename", "message__conversation__subject")


def _ticket(object_id: str) -> Conversation:
    """Return a ticket. Raises: NotFound for what is between a customer and a seller."""
    found = queries.by_id(object_id)
    if found.kind != ConversationKind.TICKET:
        raise NotFound(what="support ticket")
    return found


def _as(request: HttpRequest) -> dict[str, Any]:
    return {"side": Side.OPERATOR, "team": None, "by": cast(User, request.user)}


def _nothing(request: HttpRequest) -> forms.Form:
    return forms.Form(request.POST if request.method == "POST" else None)
