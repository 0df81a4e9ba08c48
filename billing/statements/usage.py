"""What a month has cost so far, and what it will have cost if it goes on like this."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Sum

from accounts.teams.models import Team
from billing.rating.models import HourlyUsage, PeriodUsage
from billing.subscriptions import queries as subscriptions
from billing.wallets import queries as wallets
from billing.wallets.models import Wallet
from common import ports
from common.errors import Invalid
from domain import periods

_FIRST_YEAR = 2000


@dataclass(slots=True)
class ServiceUse:
    """Calls of one service through one channel."""

    service_id: UUID
    service_name: str
    channel: str
    requests: int = 0
    errors: int = 0
    charged: Decimal = Decimal(0)
    metrics: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


@dataclass(frozen=True, slots=True)
class MeterUse:
    """The quota of one subscription. What goes beyond it is in the charges of its service."""

    key: str
    metric: str
    used: Decimal
    included: Decimal


@dataclass(frozen=True, slots=True)
class Cycle:
    """A month of a wallet, in its own time zone. days_elapsed: begun days up to now."""

    starts: date
    ends: date
    as_of: datetime
    days_elapsed: int
    days_total: int
    currency: str
    services: list[ServiceUse]
    meters: list[MeterUse]
    balance: Decimal
    available: Decimal

    @property
    def charged(self) -> Decimal:
        return sum((each.charged for each in self.services), Decimal(0))

    @property
    def projected(self) -> Decimal:
        """The charge of the whole month at the pace of its days so far."""
        return self.charged * self.days_total / self.days_elapsed


def cycle(*, team: Team, containing: date | None, now: datetime) -> Cycle:
    """Return the month that holds a day, the present one by default. Raises: NotFound without a wallet, Invalid."""
    wallet = wallets.wallet(team=team)
    present = periods.label(now, wallet.time_zone)
    first = present if containing is None else containing.replace(day=1)
    if first > present:
        raise Invalid(["cycle_start: this month has not begun. Ask for an earlier day."])
    if first.year < _FIRST_YEAR:
        raise Invalid(["cycle_start: nothing was sold as early as that. Ask for a later day."])
    ends = periods.following(first)
    days = (ends - first).days
    today = now.astimezone(periods.zone(wallet.time_zone)).date()
    numbers = wallets.three_numbers(team=team)
    return Cycle(
        starts=first,
        ends=ends - timedelta(days=1),
        as_of=now,
        days_elapsed=min((today - first).days + 1, days),
        days_total=days,
        currency=wallet.currency,
        services=_services(wallet, first),
        meters=list(_meters(team, now)) if first == present else [],
        balance=numbers.settled,
        available=numbers.available,
    )


def _services(wallet: Wallet, first: date) -> list[ServiceUse]:
    """Return what was used, dearest first, in four queries."""
    rows = list(PeriodUsage.objects.filter(wallet=wallet, period=first))
    names = ports.service_names({row.service_id for row in rows})
    used: dict[tuple[UUID, str], ServiceUse] = {}
    for row in rows:
        key = (row.service_id, row.channel)
        use = used.setdefault(key, ServiceUse(row.service_id, names.get(row.service_id, ""), row.channel))
        use.charged += row.charged
        for name, amount in row.metrics.items():
            use.metrics[name] += Decimal(amount)
    for service_id, channel, calls, errors in _calls(wallet, first):
        if found := used.get((service_id, channel)):
            found.requests, found.errors = calls, errors
    return sorted(used.values(), key=lambda use: (-use.charged, use.service_name, use.channel))


def _calls(wallet: Wallet, first: date) -> Iterator[tuple[UUID, str, int, int]]:
    """Yield (service, channel, calls, those that failed); what failed is a call too, though nothing is charged."""
    yield from (
        HourlyUsage.objects.filter(wallet=wallet, period=first)
        .order_by()
        .values("service_id", "channel")
        .annotate(calls=Sum(F("requests") + F("failures")), errors=Sum("failures"))
        .values_list("service_id", "channel", "calls", "errors")
    )


def _meters(team: Team, now: datetime) -> Iterator[MeterUse]:
    for subscription in subscriptions.live(team=team):
        if quota := subscriptions.quota_use(subscription=subscription, now=now):
            yield MeterUse(subscription.plan.key, quota.metric, quota.used, quota.included)
