"""How long what is kept, for which team: what its plan gives, or less where it wants less."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from common import ports
from gateway_admin.request_logs.models import LogSetting


@dataclass(frozen=True, slots=True)
class Retention:
    """days: of rows; body_days: of headers and bodies, never more than the rows."""

    days: int
    body_days: int

    def rows_since(self, now: datetime) -> datetime:
        return now - timedelta(days=self.days)

    def bodies_since(self, now: datetime) -> datetime:
        return now - timedelta(days=self.body_days)


def allowed(team_id: UUID) -> Retention:
    """Return the most that a team's plans give."""
    by_plan: dict[str, int] = settings.REQUEST_LOG_DAYS_BY_PLAN
    names = ports.plans_of([team_id]).get(team_id, frozenset()) if by_plan else frozenset()
    days = max([settings.REQUEST_LOG_DAYS, *(by_plan[name] for name in names if name in by_plan)])
    return Retention(days, min(settings.REQUEST_LOG_BODY_DAYS, days))


def of_team(team_id: UUID, setting: LogSetting | None) -> Retention:
    """Return what holds for a team. setting: what it wants, if it has said so."""
    most = allowed(team_id)
    days = min(most.days, setting.keep_days or most.days) if setting else most.days
    body_days = min(most.body_days, setting.keep_bodies_days or most.body_days) if setting else most.body_days
    return Retention(days, min(body_days, days))


def longest() -> Retention:
    """Return the most that any team can have: what is older is dropped with its day."""
    days = max([settings.REQUEST_LOG_DAYS, *settings.REQUEST_LOG_DAYS_BY_PLAN.values()])
    return Retention(days, min(settings.REQUEST_LOG_BODY_DAYS, days))


def shortest() -> Retention:
    """Return what a team without any plan has."""
    return Retention(settings.REQUEST_LOG_DAYS, min(settings.REQUEST_LOG_BODY_DAYS, settings.REQUEST_LOG_DAYS))
