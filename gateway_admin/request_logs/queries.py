"""Reads of request logs, always from the team, and never what it may not keep any more."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from accounts.teams.models import Team
from common.errors import NotFound
from gateway_admin.request_logs import ids, retention
from gateway_admin.request_logs.models import LogSetting, Mode, RequestLog
from gateway_admin.request_logs.retention import Retention


def setting(*, team: Team) -> LogSetting | None:
    """Return what a team has said about its log, or None."""
    return LogSetting.objects.filter(pk=team.pk).first()


def mode(*, team: Team) -> Mode:
    """Return what of bodies a team wants kept of every call."""
    found = setting(team=team)
    return Mode(found.mode) if found else Mode.NONE


def retention_of(*, team: Team) -> Retention:
    """Return for how long a team's log is kept."""
    return retention.of_team(team.pk, setting(team=team))


def lock_row(*, team: Team, log_id: UUID, now: datetime) -> RequestLog:
    """Return a row of the team's, locked. Raises: NotFound."""
    since = ids.bound(retention_of(team=team).rows_since(now))
    rows = RequestLog.objects.select_for_update().filter(team_id=team.pk, pk=log_id, pk__gte=since)
    found = rows.first()
    if found is None:
        raise NotFound(what="call")
    return found
