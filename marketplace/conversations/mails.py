"""Mails about conversations: a message goes to the other side, with a link at which one answers.

Answers by mail are not taken: the mail says so. No mail and no page shows a side the addresses of the other.
"""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from accounts.teams import links
from accounts.teams import queries as teams
from accounts.teams.models import Team
from accounts.teams.permissions import Permission, roles_with
from accounts.users.models import User
from common import mail
from marketplace.conversations import queries
from marketplace.conversations.models import Conversation, Message, Side

#: Who answers support tickets.
_ANSWERS = "conversations.change_conversation"


def about(message: Message) -> int:
    """Send a message to the side that did not write it. Returns to how many addresses."""
    conversation = message.conversation
    if message.side == Side.ASKER:
        return _to_operators(message) if conversation.seller is None else _to_team(message, conversation.seller)
    return _to_team(message, conversation.team)


def _to_team(message: Message, team: Team) -> int:
    conversation = message.conversation
    readers = teams.message_readers(
        team=team, roles=roles_with(Permission.WRITE_MESSAGES), writers=queries.writers(conversation)
    )
    path = reverse("conversations:detail", args=[conversation.pk])
    return _send(
        message,
        readers,
        address=links.address(team, path),
        choices=links.address(team, reverse("teams:me")),
    )


def _to_operators(message: Message) -> int:
    people = User.objects.filter(is_staff=True, is_active=True).order_by("email")
    path = reverse("admin:conversations_conversation_change", args=[message.conversation_id])
    return _send(message, [each.email for each in people if each.has_perm(_ANSWERS)], address=settings.SITE_URL + path)


def _send(message: Message, to: list[str], *, address: str, choices: str = "") -> int:
    conversation: Conversation = message.conversation
    return mail.send(
        "emails/conversations/message",
        to=to,
        message=message,
        conversation=conversation,
        writer=message.team,
        files=list(message.attachments.all()),
        address=address,
        choices=choices,
    )
