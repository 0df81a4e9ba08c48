"""The inbox: inquiries, support tickets and disputes in one list, the last change first.

Conversations and disputes lie in tables of their own; each gives at most a page of rows, and the two are merged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import TypeVar
from uuid import UUID

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from accounts.teams.models import Team
from common import cursors
from marketplace.conversations.models import Conversation, Message
from marketplace.conversations.queries.threads import conversations, is_unread, side_of, unread_by
from marketplace.disputes import queries as disputes
from marketplace.disputes.models import UNDECIDED, Dispute, DisputeMessage, DisputeState

DISPUTE = "dispute"
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the inbox is asked for; "" asks for everything. status: open, answered or closed."""

    kind: str = ""
    status: str = ""
    words: str = ""
    is_unread: bool = False
    after: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A thread as the inbox lists it. other: the team on the other side; None: the operators."""

    id: UUID
    kind: str
    kind_label: str
    subject: str
    other: Team | None
    status: str
    status_label: str
    changed_at: datetime
    is_unread: bool

    @property
    def order(self) -> tuple[datetime, UUID]:
        return self.changed_at, self.id


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of the inbox. next_cursor: where it goes on, None at its end."""

    rows: Sequence[Row]
    next_cursor: str | None


def inbox(*, team: Team, filters: Filters, limit: int) -> Inbox:
    """Return the threads after the cursor, the last change first. Raises: Invalid for a cursor that no list gave."""
    mark = cursors.read(filters.after) if filters.after else None
    sources: list[Iterator[Row]] = []
    if filters.kind != DISPUTE:
        sources.append(_conversation_row(each, team) for each in _page(_conversations(team, filters), mark, limit))
    if filters.kind in {"", DISPUTE}:
        sources.append(_dispute_row(each, team) for each in _page(_disputes(team, filters), mark, limit))
    found = list(islice(merge(*sources, key=lambda row: row.order, reverse=True), limit + 1))
    rows = found[:limit]
    return Inbox(rows, cursors.written(*rows[-1].order) if len(found) > limit else None)


def _page(rows: QuerySet[M], mark: tuple[datetime, UUID] | None, limit: int) -> QuerySet[M]:
    if mark is not None:
        moment, pk = mark
        rows = rows.filter(Q(changed_at__lt=moment) | Q(changed_at=moment, pk__lt=pk))
    return rows.order_by("-changed_at", "-pk")[: limit + 1]


def _conversations(team: Team, filters: Filters) -> QuerySet[Conversation]:
    found = conversations(team=team)
    if filters.kind:
        found = found.filter(kind=filters.kind)
    if filters.status:
        found = found.filter(status=filters.status)
    if filters.is_unread:
        found = found.filter(unread_by(team))
    if filters.words:
        said = Message.objects.filter(conversation=OuterRef("pk"), text__icontains=filters.words)
        named = Q(subject__icontains=filters.words) | Q(service__name__icontains=filters.words)
        found = found.filter(named | Exists(said))
    return found


def _disputes(team: Team, filters: Filters) -> QuerySet[Dispute]:
    found = disputes.disputes(team=team, is_unread=filters.is_unread)
    if filters.status == "closed":
        found = found.exclude(state__in=UNDECIDED)
    elif filters.status:
        found = found.filter(state=filters.status)
    if filters.words:
        said = DisputeMessage.objects.filter(dispute=OuterRef("pk"), text__icontains=filters.words)
        found = found.filter(Q(service__name__icontains=filters.words) | Exists(said))
    return found


def _conversation_row(each: Conversation, team: Team) -> Row:
    return Row(
        id=each.pk,
        kind=each.kind,
        kind_label=each.get_kind_display(),
        subject=each.subject,
        other=each.seller if each.team_id == team.pk else each.team,
        status=each.status,
        status_label=each.get_status_display(),
        changed_at=each.changed_at,
        is_unread=is_unread(each, side_of(each, team)),
    )


def _dispute_row(each: Dispute, team: Team) -> Row:
    return Row(
        id=each.pk,
        kind=DISPUTE,
        kind_label="Dispute",
        subject=str(each),
        other=each.seller if each.team_id == team.pk else each.team,
        status=each.state,
        status_label=DisputeState(each.state).label,
        changed_at=each.changed_at,
        is_unread=vars(each)["unread"] > 0,
    )
