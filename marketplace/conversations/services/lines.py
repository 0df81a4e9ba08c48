"""A line of a thread, and what it changes of the thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from accounts.teams.models import Team
from accounts.users.models import User
from common import jobs
from common.errors import Invalid
from marketplace.attachments.services import Kept
from marketplace.conversations.models import Attachment, Conversation, Event, Message, Side

#: Characters of one message.
LONGEST_TEXT = 10_000


def say(
    conversation: Conversation,
    side: Side,
    *,
    text: str,
    team: Team | None,
    by: User,
    kept: Sequence[Kept] = (),
    now: datetime,
) -> Message:
    """Write a message with its files, and let the other side know. Raises: Invalid."""
    said = text.strip()
    if not said or len(said) > LONGEST_TEXT:
        raise Invalid([f"Write a message of 1 to {LONGEST_TEXT} characters."])
    message = note(conversation, side, Event.MESSAGE, team=team, by=by, now=now, text=said)
    Attachment.objects.bulk_create(Attachment(message=message, **asdict(each)) for each in kept)
    jobs.enqueue("marketplace.conversations.tell", message_id=str(message.pk))
    return message


def note(
    conversation: Conversation,
    side: Side,
    event: Event,
    *,
    team: Team | None,
    by: User,
    now: datetime,
    text: str = "",
) -> Message:
    """Add a line to a thread that is new or locked, after all others, and remember for whom it is news."""
    at = max(now, conversation.changed_at + timedelta(microseconds=1))
    conversation.changed_at = at
    fields = ["changed_at", "status"]
    for other in {Side.ASKER, Side.SELLER if conversation.seller_id else Side.OPERATOR} - {side}:
        setattr(conversation, f"{other}_news_at", at)
        fields.append(f"{other}_news_at")
    setattr(conversation, f"{side}_seen_at", at)
    conversation.save(update_fields=[*fields, f"{side}_seen_at"])
    return Message.objects.create(
        conversation=conversation, side=side, team=team, author=by, event=event, text=text, sent_at=at
    )
