"""Reads of usage and charges, always from the team; and how far behind the settlement is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet, Sum

from accounts.teams.models import Team
from billing.prices import queries as prices
from billing.rating.models import Charge, ChargeState, HourlyUsage, PeriodUsage
from billing.wallets.models import Wallet
from common.errors import NotFound
from domain import pricing, usage
from domain.money import rounded
from domain.pricing import Trace
from domain.usage import UsageEvent


@dataclass(frozen=True, slots=True)
class ServiceUsage:
    """What a team used of one service in a month. requests: calls that were answered.

    listed: by list prices. covered: by included quotas. discounted: by promotions. charged: what is paid of the rest.
    """

    service_id: UUID
    requests: int
    listed: Decimal
    covered: Decimal
    discounted: Decimal
    charged: Decimal
    currency: str

    @property
    def taken_off(self) -> Decimal:
        return self.covered + self.discounted


class TakenOff(NamedTuple):
    """One thing taken off a list cost. kind: "allowance" or "promotion"; funded_by: "seller" or "platform"."""

    kind: str
    name: str
    amount: Decimal
    funded_by: str


@dataclass(frozen=True, slots=True)
class Explained:
    """How a charge came about: list price, what was taken off in this order, net, and what of it was charged.

    trace: the arithmetic of the list price; None for a call that costs nothing by its outcome.
    """

    trace: Trace | None
    list_cost: Decimal
    taken_off: tuple[TakenOff, ...]
    cost: Decimal
    charged: Decimal

    def to_json(self) -> dict[str, object]:
        """Return it as operators and APIs show it."""
        return {
            "list_price": self.trace.to_json() if self.trace else None,
            "list_cost": f"{self.list_cost:f}",
            "taken_off": [{**each._asdict(), "amount": f"{each.amount:f}"} for each in self.taken_off],
            "cost": f"{self.cost:f}",
            "charged": f"{self.charged:f}",
        }


@dataclass(frozen=True, slots=True)
class Lag:
    """How far behind the settlement is. waiting: events in the inbox; seconds: age of the oldest, 0 without any."""

    waiting: int
    seconds: float


def usage_by_service(*, team: Team, period: date) -> list[ServiceUsage]:
    """Return what a team used in the month of `period`, dearest service first."""
    rows = (
        PeriodUsage.objects.filter(wallet__team=team, period=period.replace(day=1))
        .values("service_id", currency=F("wallet__currency"))
        .annotate(
            calls=Sum("requests"),
            list_total=Sum("listed"),
            quota_total=Sum("covered"),
            off_total=Sum("discounted"),
            total=Sum("charged"),
        )
        .order_by("-total", "service_id")
    )
    return [
        ServiceUsage(
            row["service_id"],
            row["calls"],
            row["list_total"],
            row["quota_total"],
            row["off_total"],
            row["total"],
            row["currency"],
        )
        for row in rows
    ]


def charges(*, team: Team, currency: str = "USD") -> QuerySet[Charge]:
    """Return the charges of a team's wallet, newest call first."""
    # the wallet as a value and not as a join: so the index gives the first page without sorting all charges
    wallet = Wallet.objects.filter(team=team, currency=currency).values("pk")[:1]
    return Charge.objects.filter(wallet=wallet).select_related("wallet").order_by("-started_at", "-event_id")


def charge(*, team: Team, event_id: UUID | str) -> Charge:
    """Return one charge. Raises: NotFound."""
    found = Charge.objects.filter(team=team, pk=event_id).select_related("wallet").first()
    if found is None:
        raise NotFound(what="charge")
    return found


def answered(*, team: Team) -> QuerySet[HourlyUsage]:
    """Return the hours in which calls of a team were answered."""
    return HourlyUsage.objects.filter(wallet__team=team, requests__gt=0).order_by()


def explain(charge: Charge) -> Explained | None:
    """Return how a charge came about, from its price version, its usage and its adjustments, which never change.

    None for a charge that has no price. Raises: pricing.PricingError.
    """
    version = prices.versions([charge.price_id]).get(charge.price_id)
    if version is None or charge.state == ChargeState.UNPRICED:
        return None
    trace = pricing.compile(version.price).trace(charge.usage, request_count=1, channel=charge.channel or None)
    is_free = not charge.list_cost and rounded(trace.cost) != 0
    taken = tuple(
        TakenOff(each["kind"], each["name"], Decimal(each["amount"]), each["funded_by"]) for each in charge.adjustments
    )
    return Explained(None if is_free else trace, charge.list_cost, taken, charge.cost, charge.charged)


def event_of(charge: Charge) -> UsageEvent:
    """Return the event of a charge, as far as its price is concerned."""
    return usage.from_json(
        {
            "event_id": str(charge.event_id),
            "team_id": str(charge.team_id),
            "wallet_id": str(charge.wallet_id),
            "service_id": str(charge.service_id),
            "enrollment_id": charge.enrollment_id and str(charge.enrollment_id),
            "api_key_id": charge.api_key_id and str(charge.api_key_id),
            "price_version_id": str(charge.price_id),
            "currency": charge.wallet.currency,
            "channel": charge.channel or None,
            "lease_id": charge.lease_id and str(charge.lease_id),
            "hold": charge.hold,
            "usage": charge.usage,
            "status": charge.status,
            "outcome": charge.outcome,
            "flags": tuple(charge.flags),
            "started_at": charge.started_at,
            "finished_at": charge.finished_at,
            "gateway_id": "",
            "path": charge.alias,
        }
    )


def unpriced() -> QuerySet[Charge]:
    """Return the charges that wait for a price, oldest first. For operators: of every team."""
    return Charge.objects.filter(state=ChargeState.UNPRICED).order_by("created_at")


def lag() -> Lag:
    """Return how far behind the settlement is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(received_at)), 0)"
            " FROM rating_usageinbox"
        )
        waiting, seconds = cursor.fetchone()
        return Lag(waiting, max(float(seconds), 0))
