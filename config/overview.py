"""What the start page of a customer says, in a handful of queries whatever was used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.teams.models import Team
from billing.rating import series
from billing.wallets import queries as wallets
from billing.wallets.models import Wallet
from common import ports
from gateway_admin.request_logs import queries as request_logs
from gateway_admin.schedules import queries as schedules
from marketplace.enrollments import queries as enrollments

_CALLS, _SCHEDULES, _CHANGES = 5, 3, 3
_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Money:
    """A wallet, what calls cost today and in this month of its clocks, and how long it lasts.

    spending: None but for the first wallet of the team.
    """

    wallet: Wallet
    today: Decimal
    month: Decimal
    spending: wallets.DailySpending | None


def context(*, team: Team, now: datetime) -> dict[str, Any]:
    """Return it for the template."""
    return {
        "money": _money(team, now),
        "calls": _calls(team, now),
        "changes": list(enrollments.open_changes(team=team)[:_CHANGES]),
        "schedules": schedules.next_due(team=team, limit=_SCHEDULES),
    }


def _money(team: Team, now: datetime) -> list[Money]:
    own = series.spent(wallets.wallets(team=team), now=now)
    own.sort(key=lambda each: each[0].currency != "USD")
    return [
        Money(wallet, today, month, wallets.daily_spending(wallet, now=now) if place == 0 else None)
        for place, (wallet, today, month) in enumerate(own)
    ]


def _calls(team: Team, now: datetime) -> list[tuple[request_logs.Newest, str]]:
    """Return the last calls with the names of their services."""
    rows = request_logs.newest(team=team, since=now - _BACK, now=now, limit=_CALLS)
    names = ports.service_names({each.row.service_id for each in rows if each.row.service_id}) if rows else {}
    return [(each, names.get(each.row.service_id, "") if each.row.service_id else "") for each in rows]
