"""How much a team may write. Counted in the rows themselves, behind a lock of the team: exact over processes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from accounts.teams.models import Team
from common.errors import DomainError
from marketplace.attachments.services import Kept
from marketplace.conversations import queries

_MEGABYTE = 1024 * 1024


class TooManyMessages(DomainError):
    """More than people write."""

    code = "too_many_messages"
    sentence = "Your account has written {what}. Wait a while, and say more in one message."


def check_writing(team: Team, files: Sequence[Kept], now: datetime) -> None:
    """Lock the team and refuse what is too much of it. Raises: TooManyMessages."""
    queries.lock_team(team)
    hour, day = now - timedelta(hours=1), now - timedelta(days=1)
    if queries.sent_since(team=team, moment=hour) >= settings.MESSAGES_PER_HOUR:
        raise TooManyMessages(what=f"{settings.MESSAGES_PER_HOUR} messages within an hour")
    size = sum(each.size for each in files)
    if size and queries.sent_bytes(team=team, moment=day) + size > settings.ATTACHMENTS_PER_DAY_BYTES:
        raise TooManyMessages(what=f"files of {settings.ATTACHMENTS_PER_DAY_BYTES // _MEGABYTE} MB within a day")


def check_opening(team: Team, now: datetime) -> None:
    """Refuse one thread too many; the team is locked. Raises: TooManyMessages."""
    if queries.started_since(team=team, moment=now - timedelta(days=1)) >= settings.CONVERSATIONS_PER_DAY:
        raise TooManyMessages(what=f"{settings.CONVERSATIONS_PER_DAY} new conversations within a day")
