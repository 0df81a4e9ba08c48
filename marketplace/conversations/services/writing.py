"""What happens in a thread: messages, closing, reopening, reading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest

from accounts.teams.models import Team
from accounts.users.models import User
from common.errors import DomainError
from marketplace.attachments import services as attachments
from marketplace.attachments.services import Kept
from marketplace.conversations import queries
from marketplace.conversations.models import Conversation, ConversationStatus, Event, Message, Side
from marketplace.conversations.services import limits, lines


class ConversationClosed(DomainError):
    """Nobody writes in a closed thread."""

    code = "conversation_closed"
    sentence = "This conversation is closed. Reopen it, then write."


def write(
    *,
    conversation: Conversation,
    side: Side,
    team: Team | None,
    text: str,
    by: User,
    files: Sequence[File[Any]] = (),
    now: datetime,
) -> Message:
    """Add a message. team: whose member writes; None for the operators.

    Raises: ConversationClosed, Invalid, TooManyMessages, and what attachments raise.
    """
    with attachments.kept(files, team_id=team.pk if team else None) as kept:
        return _written(conversation, side, team, text, by, kept, now)


@transaction.atomic
def close(*, conversation: Conversation, side: Side, team: Team | None, by: User, now: datetime) -> Conversation:
    """Say that nothing more is to be said. A second call changes nothing."""
    locked = _locked(conversation, team, (), now)
    if not locked.is_closed:
        locked.status = ConversationStatus.CLOSED
        lines.note(locked, side, Event.CLOSED, team=team, by=by, now=now)
    return locked


@transaction.atomic
def reopen(*, conversation: Conversation, side: Side, team: Team | None, by: User, now: datetime) -> Conversation:
    """Let people write again; who wrote last waits for the other side. A second call changes nothing."""
    locked = _locked(conversation, team, (), now)
    if locked.is_closed:
        locked.status = _status_after(queries.last_writer(locked))
        lines.note(locked, side, Event.REOPENED, team=team, by=by, now=now)
    return locked


@transaction.atomic
def mark_seen(*, conversation: Conversation, side: Side, seen_at: datetime) -> None:
    """Remember that a side has read the lines up to a moment: that of the last one that it was shown."""
    name = f"{side}_seen_at"
    earlier = Q(**{name: None}) | Q(**{f"{name}__lt": seen_at})
    Conversation.objects.filter(earlier, pk=conversation.pk).update(**{name: Greatest(F(name), seen_at)})


@transaction.atomic
def _written(
    conversation: Conversation,
    side: Side,
    team: Team | None,
    text: str,
    by: User,
    kept: Sequence[Kept],
    now: datetime,
) -> Message:
    locked = _locked(conversation, team, kept, now)
    if locked.is_closed:
        raise ConversationClosed()
    locked.status = _status_after(side)
    return lines.say(locked, side, text=text, team=team, by=by, kept=kept, now=now)


def _locked(conversation: Conversation, team: Team | None, kept: Sequence[Kept], now: datetime) -> Conversation:
    """Return the thread locked, after the team that writes. Operators write as much as they like."""
    if team is not None:
        limits.check_writing(team, kept, now)
    return queries.lock_conversation(conversation.pk)


def _status_after(side: Side) -> ConversationStatus:
    return ConversationStatus.OPEN if side == Side.ASKER else ConversationStatus.ANSWERED
