"""The inbox, the threads, and the forms that begin one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission, is_allowed
from common import htmx
from common.errors import DomainError
from marketplace.attachments import services as attachments
from marketplace.catalog import queries as catalog
from marketplace.conversations import queries, services
from marketplace.conversations.forms import FilterForm, MessageForm, OpenForm
from marketplace.conversations.models import Conversation
from marketplace.conversations.queries.inbox import DISPUTE

_PAGE_SIZE = 25


@require_safe
@member_required()
def inbox(request: MemberRequest) -> HttpResponse:
    """The threads of a team. The filters stand in the address."""
    form = FilterForm(request.GET)
    filters = form.filters(request.GET.get("after", ""))
    found = queries.inbox(team=request.team, filters=filters, limit=_PAGE_SIZE)
    asked = {name: value for name, value in request.GET.items() if value and name != "after"}
    context = {
        "filter_form": form,
        "rows": found.rows,
        "is_narrowed": bool(asked),
        "is_further": bool(filters.after),
        "older": f"?{urlencode({**asked, 'after': found.next_cursor})}" if found.next_cursor else "",
        "is_disputes": filters.kind == DISPUTE,
        "may_write": _may_write(request),
    }
    return htmx.render(request, "marketplace/conversations/inbox.html", context, partial="threads")


@require_http_methods(["GET", "POST"])
@member_required(Permission.WRITE_MESSAGES)
def inquiry_create(request: MemberRequest, service_id: UUID) -> HttpResponse:
    """Ask the seller of a service."""
    service = catalog.market_service(service_id, team=request.team).service
    services.check_may_ask(team=request.team, service=service)
    context = {"service": service, "heading": f"Ask about {service}"}
    told = f"Your question is with {service.seller}. We mail you when they answer."
    template = "marketplace/conversations/inquiry_form.html#inquiry-form"
    return _opening(request, template, context, partial(services.ask, service=service), told)


@require_http_methods(["GET", "POST"])
@member_required(Permission.WRITE_MESSAGES)
def ticket_create(request: MemberRequest) -> HttpResponse:
    """Ask the operators for help."""
    told = "Your ticket is open. We mail you when somebody answers."
    template = "marketplace/conversations/ticket_form.html#ticket-form"
    return _opening(request, template, {}, services.request_help, told)


def _opening(
    request: MemberRequest, template: str, context: dict[str, Any], begin: Callable[..., Conversation], told: str
) -> HttpResponse:
    """Show the form of a new thread, or begin it. template: with its fragment; begin: a service; told: what follows."""
    form = OpenForm(*_posted(request), initial={"subject": request.GET.get("subject", "")[:150]})
    if form.is_valid():
        try:
            opened = begin(team=request.team, by=request.user, now=timezone.now(), **_entered(form))
        except DomainError as error:
            _refuse(form, error)
        else:
            messages.success(request, told)
            return htmx.redirect(request, "conversations:detail", opened.pk, event="conversation-opened")
    page, _, fragment = template.partition("#")
    return htmx.render(request, page, {"form": form, **context}, partial=fragment)


@require_safe
@member_required()
def conversation_detail(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    """A thread. Its lines count as read by the team up to the last one that the page shows."""
    conversation = queries.conversation(team=request.team, conversation_id=conversation_id)
    page = htmx.render(request, "marketplace/conversations/conversation_detail.html", _detail(request, conversation))
    side = queries.side_of(conversation, request.team)
    services.mark_seen(conversation=conversation, side=side, seen_at=conversation.changed_at)
    return page


@require_POST
@member_required(Permission.WRITE_MESSAGES)
def conversation_write(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    """Add a message to a thread."""
    conversation = queries.conversation(team=request.team, conversation_id=conversation_id)
    form = MessageForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            services.write(
                conversation=conversation, now=timezone.now(), **_writer(request, conversation), **_entered(form)
            )
        except DomainError as error:
            _refuse(form, error)
        else:
            return htmx.redirect(request, "conversations:detail", conversation.pk, event="message-sent")
    context = {**_detail(request, conversation), "form": form}
    return htmx.render(
        request, "marketplace/conversations/conversation_detail.html", context, partial="message-form", status=422
    )


@require_POST
@member_required(Permission.WRITE_MESSAGES)
def conversation_close(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    """Close a thread. Its page offers to reopen it."""
    conversation = queries.conversation(team=request.team, conversation_id=conversation_id)
    services.close(conversation=conversation, now=timezone.now(), **_writer(request, conversation))
    return htmx.redirect(request, "conversations:detail", conversation.pk, event="conversation-closed")


@require_POST
@member_required(Permission.WRITE_MESSAGES)
def conversation_reopen(request: MemberRequest, conversation_id: UUID) -> HttpResponse:
    """Let people write in a closed thread again."""
    conversation = queries.conversation(team=request.team, conversation_id=conversation_id)
    services.reopen(conversation=conversation, now=timezone.now(), **_writer(request, conversation))
    messages.success(request, "The conversation is open again.")
    return htmx.redirect(request, "conversations:detail", conversation.pk, event="conversation-reopened")


@require_safe
@member_required()
def attachment_download(request: MemberRequest, conversation_id: UUID, attachment_id: UUID) -> HttpResponse:
    """Lead to a file, at an address that ends within a minute."""
    found = queries.attachment(team=request.team, conversation_id=conversation_id, attachment_id=attachment_id)
    return HttpResponseRedirect(attachments.address(found))


def _posted(request: MemberRequest) -> tuple[Any, Any]:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _entered(form: Form) -> dict[str, Any]:
    entered = dict(form.cleaned_data)
    return {"files": entered.pop("attached"), **entered}


def _refuse(form: Form, error: DomainError) -> None:
    form.add_error("attached" if "attachment" in error.code else None, error.message)


def _writer(request: MemberRequest, conversation: Conversation) -> dict[str, Any]:
    return {"side": queries.side_of(conversation, request.team), "team": request.team, "by": request.user}


def _may_write(request: MemberRequest) -> bool:
    return is_allowed(request.membership.role, Permission.WRITE_MESSAGES)


def _detail(request: MemberRequest, conversation: Conversation) -> dict[str, Any]:
    side = queries.side_of(conversation, request.team)
    may_write = _may_write(request)
    lines = list(queries.messages(conversation))
    seen_at = queries.others_have_seen(conversation, side)
    mine = [each for each in lines if each.side == side and seen_at and each.sent_at <= seen_at]
    return {
        "conversation": conversation,
        "side": side,
        "other": conversation.seller if side == "asker" else conversation.team,
        "lines": lines,
        "read": mine[-1] if mine else None,
        "read_at": seen_at,
        "form": MessageForm() if may_write and not conversation.is_closed else None,
        "may_write": may_write,
    }
