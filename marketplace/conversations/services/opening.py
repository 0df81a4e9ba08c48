"""New threads: a question to a seller, a call for help to the operators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.files import File
from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from common.errors import DomainError, Invalid
from marketplace.attachments import services as attachments
from marketplace.attachments.services import Kept
from marketplace.catalog.models import Service
from marketplace.conversations.models import Conversation, ConversationKind, Side
from marketplace.conversations.services import limits, lines

#: What the seller of a service is told who would ask about it.
OWN_SERVICE = "This service is yours: what its customers ask you is under Messages. Answer them there."


class AskAsCustomer(DomainError):
    """Sellers ask nobody about services."""

    code = "ask_as_customer"
    sentence = "Questions about a service are asked for a customer account. Switch to yours, and ask again."


def check_may_ask(*, team: Team, service: Service) -> None:
    """Say whether a team asks the seller of a service. Raises: AskAsCustomer."""
    if service.seller_id == team.pk:
        raise AskAsCustomer(OWN_SERVICE)
    if team.is_seller:
        raise AskAsCustomer()


def ask(
    *,
    team: Team,
    service: Service,
    subject: str,
    text: str,
    by: User,
    files: Sequence[File[Any]] = (),
    now: datetime,
) -> Conversation:
    """Ask a seller about a service. service: one that the team may see.

    Raises: AskAsCustomer, Invalid, TooManyMessages, and what attachments raise.
    """
    check_may_ask(team=team, service=service)
    opened = Conversation(kind=ConversationKind.INQUIRY, team=team, seller=service.seller, service=service)
    return _open(opened, subject, text, by, files, now)


def request_help(
    *, team: Team, subject: str, text: str, by: User, files: Sequence[File[Any]] = (), now: datetime
) -> Conversation:
    """Ask the operators for help. Raises: Invalid, TooManyMessages, and what attachments raise."""
    return _open(Conversation(kind=ConversationKind.TICKET, team=team), subject, text, by, files, now)


def _open(
    opened: Conversation, subject: str, text: str, by: User, files: Sequence[File[Any]], now: datetime
) -> Conversation:
    opened.subject = " ".join(subject.split())[:150]
    if not opened.subject:
        raise Invalid(["Say in a few words what it is about."])
    opened.opened_by, opened.opened_at, opened.changed_at, opened.asker_seen_at = by, now, now, now
    with attachments.kept(files, team_id=opened.team_id) as kept:
        return _record(opened, text, by, kept, now)


@transaction.atomic
def _record(opened: Conversation, text: str, by: User, kept: Sequence[Kept], now: datetime) -> Conversation:
    limits.check_writing(opened.team, kept, now)
    limits.check_opening(opened.team, now)
    opened.save(force_insert=True)
    lines.say(opened, Side.ASKER, text=text, team=opened.team, by=by, kept=kept, now=now)
    return opened
