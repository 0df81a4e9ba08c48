"""Conversations: a thread between the team that asks and a seller, or the operators."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.teams.models import Team
from common.models import Identified
from marketplace.attachments.models import AttachedFile
from marketplace.catalog.models import Service


class ConversationKind(models.TextChoices):
    INQUIRY = "inquiry", "Inquiry"
    TICKET = "ticket", "Support ticket"


class ConversationStatus(models.TextChoices):
    """open: waits for an answer; answered: waits for who asks; closed until somebody reopens it."""

    OPEN = "open", "Open"
    ANSWERED = "answered", "Answered"
    CLOSED = "closed", "Closed"


class Side(models.TextChoices):
    ASKER = "asker", "Who asks"
    SELLER = "seller", "Seller"
    OPERATOR = "operator", "Operators"


class Event(models.TextChoices):
    """What a line of the thread is. A message has a text."""

    MESSAGE = "message", "Message"
    CLOSED = "closed", "Closed"
    REOPENED = "reopened", "Reopened"


class Conversation(Identified):
    """team: who asks. seller and service: of an inquiry; a support ticket has neither.

    *_news_at: when another side wrote last; *_seen_at: up to when a side has read. Later news than seen are unread.
    """

    kind = models.CharField(max_length=8, choices=ConversationKind.choices)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="conversations")
    seller = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="conversations_about_services"
    )
    service = models.ForeignKey(Service, null=True, blank=True, on_delete=models.PROTECT, related_name="conversations")
    subject = models.CharField(max_length=150)
    status = models.CharField(max_length=8, choices=ConversationStatus.choices, default=ConversationStatus.OPEN)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    asker_news_at = models.DateTimeField(null=True, blank=True)
    seller_news_at = models.DateTimeField(null=True, blank=True)
    operator_news_at = models.DateTimeField(null=True, blank=True)
    asker_seen_at = models.DateTimeField(null=True, blank=True)
    seller_seen_at = models.DateTimeField(null=True, blank=True)
    operator_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-changed_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ConversationKind.values), name="conversation_kind_is_known"),
            models.CheckConstraint(
                condition=Q(status__in=ConversationStatus.values), name="conversation_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(kind="inquiry", seller__isnull=False, service__isnull=False)
                | Q(kind="ticket", seller__isnull=True, service__isnull=True),
                name="an_inquiry_has_a_seller_and_a_ticket_has_none",
            ),
            models.CheckConstraint(condition=~Q(team=F("seller")), name="conversation_has_two_sides"),
            models.CheckConstraint(condition=~Q(subject=""), name="conversation_has_a_subject"),
        ]
        indexes = [
            models.Index(fields=["team", "-changed_at", "-id"], name="conversations_of_a_team"),
            models.Index(fields=["seller", "-changed_at", "-id"], name="conversations_of_a_seller"),
            models.Index(
                fields=["team"],
                condition=Q(asker_news_at__isnull=False)
                & (Q(asker_seen_at__isnull=True) | Q(asker_news_at__gt=F("asker_seen_at"))),
                name="conversations_unread_by_asker",
            ),
            models.Index(
                fields=["seller"],
                condition=Q(seller_news_at__isnull=False)
                & (Q(seller_seen_at__isnull=True) | Q(seller_news_at__gt=F("seller_seen_at"))),
                name="conversations_unread_by_seller",
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_closed(self) -> bool:
        return self.status == ConversationStatus.CLOSED


class Message(Identified):
    """A line of a thread. Never changed. team: the one that wrote; None for the operators."""

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="messages")
    side = models.CharField(max_length=8, choices=Side.choices)
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    event = models.CharField(max_length=8, choices=Event.choices, default=Event.MESSAGE)
    text = models.TextField(blank=True)
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["sent_at", "created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(side__in=Side.values), name="message_side_is_known"),
            models.CheckConstraint(
                condition=(Q(event="message") & ~Q(text="")) | Q(event__in=["closed", "reopened"], text=""),
                name="a_message_has_a_text",
            ),
            models.CheckConstraint(
                condition=Q(side="operator", team__isnull=True) | (~Q(side="operator") & Q(team__isnull=False)),
                name="a_message_is_of_a_team_or_of_operators",
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "sent_at"], name="messages_of_a_conversation"),
            models.Index(fields=["team", "-sent_at"], name="messages_of_a_team"),
        ]

    def __str__(self) -> str:
        return self.text[:50] or self.get_event_display()


class Attachment(AttachedFile):
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="attachments")
