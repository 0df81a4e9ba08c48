"""Reads of single threads, and what a team has sent."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import F, Func, IntegerField, Q, QuerySet, Sum, Value

from accounts.teams.models import Team
from common.errors import NotFound
from marketplace.conversations.models import Attachment, Conversation, Event, Message, Side


def side_of(conversation: Conversation, team: Team) -> Side:
    """Return on which side of a thread a team stands."""
    return Side.ASKER if conversation.team_id == team.pk else Side.SELLER


def conversations(*, team: Team) -> QuerySet[Conversation]:
    """Return the threads of a team, the last change first."""
    found = Conversation.objects.filter(Q(team=team) | Q(seller=team))
    return found.select_related("service", "team", "seller").order_by("-changed_at", "-pk")


def unread_by(team: Team) -> Q:
    """Return which threads have something that the team has not read."""
    return _has_news(Side.ASKER, Q(team=team)) | _has_news(Side.SELLER, Q(seller=team))


def is_unread(conversation: Conversation, side: Side) -> bool:
    """Return whether a side has not read everything in a thread."""
    news_at, seen_at = getattr(conversation, f"{side}_news_at"), getattr(conversation, f"{side}_seen_at")
    return news_at is not None and (seen_at is None or news_at > seen_at)


def _has_news(side: Side, own: Q) -> Q:
    news, seen = f"{side}_news_at", f"{side}_seen_at"
    return own & Q(**{f"{news}__isnull": False}) & (Q(**{seen: None}) | Q(**{f"{news}__gt": F(seen)}))


def conversation(*, team: Team, conversation_id: UUID) -> Conversation:
    """Return one thread of a team. Raises: NotFound."""
    found = conversations(team=team).filter(pk=conversation_id).first()
    if found is None:
        raise NotFound(what="conversation")
    return found


def by_id(conversation_id: UUID | str) -> Conversation:
    """Return a thread for the operators. Raises: NotFound."""
    found = Conversation.objects.select_related("service", "team", "seller").filter(pk=conversation_id).first()
    if found is None:
        raise NotFound(what="conversation")
    return found


def messages(conversation: Conversation) -> QuerySet[Message]:
    """Return the lines of a thread, oldest first, with their files."""
    found = conversation.messages.select_related("author", "team").prefetch_related("attachments")
    return found.order_by("sent_at", "created_at")


def attachment(*, team: Team, conversation_id: UUID, attachment_id: UUID) -> Attachment:
    """Return a file of one of a team's threads. Raises: NotFound."""
    own = Q(message__conversation__team=team) | Q(message__conversation__seller=team)
    found = Attachment.objects.filter(own, pk=attachment_id, message__conversation=conversation_id).first()
    if found is None:
        raise NotFound(what="file")
    return found


def others_have_seen(conversation: Conversation, side: Side) -> datetime | None:
    """Return up to when the other side has read the thread."""
    if side != Side.ASKER:
        return conversation.asker_seen_at
    return conversation.seller_seen_at if conversation.seller_id else conversation.operator_seen_at


def writers(conversation: Conversation) -> set[UUID]:
    """Return the people who wrote in a thread."""
    authors = Message.objects.filter(conversation=conversation, author__isnull=False)
    return set(authors.order_by().values_list("author", flat=True).distinct())


def lock_conversation(conversation_id: UUID) -> Conversation:
    """Return the thread as it is now, locked until the transaction ends."""
    return Conversation.objects.select_for_update(of=("self",)).get(pk=conversation_id)


def lock_team(team: Team) -> None:
    """Let those who write for a team wait for each other, so that its messages are counted one after the other."""
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)


def sent_since(*, team: Team, moment: datetime) -> int:
    """Return how many lines a team has written since."""
    return Message.objects.filter(team=team, sent_at__gt=moment).count()


def started_since(*, team: Team, moment: datetime) -> int:
    """Return how many threads a team has begun since."""
    return Conversation.objects.filter(team=team, opened_at__gt=moment).count()


def sent_bytes(*, team: Team, moment: datetime) -> int:
    """Return how large the files are that a team has sent since."""
    sent = Attachment.objects.filter(message__team=team, message__sent_at__gt=moment)
    return int(sent.aggregate(total=Sum("size"))["total"] or 0)


def last_writer(conversation: Conversation) -> Side:
    """Return who wrote the last message."""
    written = Message.objects.filter(conversation=conversation, event=Event.MESSAGE).order_by("-sent_at")
    return Side(written.values_list("side", flat=True)[0])


def unread_threads(team_column: str) -> Func:
    """Return the expression of how many threads a team has not read, at most 100. team_column: names the team's id.

    The database counts (migrations/0002_rules.sql), in the query that reads the teams anyway.
    """
    return Func(F(team_column), Value(100), function="unread_threads", output_field=IntegerField())
