"""Calls that a person has made from the playground: rows of the request log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from accounts.teams.models import Team
from accounts.users.models import User
from common import ports
from gateway_admin.playground.making import session_of
from gateway_admin.request_logs import queries as request_logs
from gateway_admin.request_logs.filters import Filter
from gateway_admin.request_logs.models import RequestLog

_SHOWN, _SINCE = 10, timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Run:
    """cost: (amount, currency) once it is settled. is_settled: also for calls that cost nothing."""

    row: RequestLog
    service: str
    cost: tuple[Decimal, str] | None
    is_settled: bool


def lately(*, team: Team, user: User, now: datetime) -> list[Run]:
    """Return the last calls of a person, newest first."""
    wanted = Filter(start_time=now - _SINCE, session=session_of(user), calls_only=True)
    return _runs(request_logs.page(team=team, wanted=wanted, now=now, limit=_SHOWN).rows)


def run(*, team: Team, log_id: UUID, now: datetime) -> Run:
    """Return one call with what all its parts cost. Raises: NotFound, also for one that is not in the log yet."""
    row = request_logs.row(team=team, log_id=log_id, now=now)
    charged = [each for each in request_logs.parts(row) if each.has_event]
    costs = request_logs.costs(charged)
    currencies = {currency for _, currency in costs.values()}
    is_whole = len(costs) == len(charged) and len(currencies) == 1
    cost = (sum((amount for amount, _ in costs.values()), Decimal(0)), currencies.pop()) if is_whole else None
    return Run(row, _name(row, _names([row])), cost, is_settled=len(costs) == len(charged))


def _runs(rows: Sequence[RequestLog]) -> list[Run]:
    costs, names = request_logs.costs(rows), _names(rows)
    return [
        Run(
            row,
            _name(row, names),
            costs.get(row.pk),
            is_settled=row.pk in costs or not row.has_event,
        )
        for row in rows
    ]


def _names(rows: Sequence[RequestLog]) -> dict[UUID, str]:
    wanted = {row.service_id for row in rows if row.service_id}
    return ports.service_names(wanted) if wanted else {}


def _name(row: RequestLog, names: dict[UUID, str]) -> str:
    return names.get(row.service_id, "") if row.service_id else ""
