"""What the start page of a seller says: what there is to do, and how the last thirty days went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, IntegerField, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts.teams.models import Team
from billing.payouts import queries as payouts
from billing.rating import series
from marketplace.catalog import queries as catalog
from marketplace.catalog.models import ServiceStatus
from marketplace.disputes import queries as disputes
from marketplace.testing import queries as testing

_NEWEST = 5
_DAYS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for the seller, or that the seller waits for. count: how many there are of it."""

    count: int
    words: str
    address: str
    is_urgent: bool = False


def context(*, team: Team, now: datetime) -> dict[str, Any]:
    """Return it for the template."""
    period = now.astimezone(UTC).date().replace(day=1)
    services = catalog.names_of_seller(team=team)
    return {
        "tasks": _tasks(team),
        "services": list(catalog.seller_services(team=team)[:_NEWEST]),
        "has_services": bool(services),
        "sold": series.totals(service_ids=list(services), since=now - _DAYS) if services else [],
        "earned": _earned(team, period) if services else [],
        "period": period,
    }


def _tasks(team: Team) -> list[Task]:
    """Return what there is to do, the urgent first."""
    statuses = catalog.status_counts(team=team)
    waiting = Team.objects.filter(pk=team.pk).values_list(
        _number(disputes.waiting_for_seller(team=team)),
        _number(testing.failing_services(team=team)),
        _number(catalog.failed_uploads(team=team)),
    )
    contested, failing, refused = waiting.get()
    listing = reverse("seller_services:list")
    found = [
        Task(contested, "dispute{} to answer", reverse("disputes:list"), is_urgent=True),
        Task(failing, "service{} on sale with failing tests", f"{listing}?status=active", is_urgent=True),
        Task(statuses[ServiceStatus.SUSPENDED], "service{} suspended", f"{listing}?status=suspended", is_urgent=True),
        Task(statuses[ServiceStatus.REJECTED], "service{} rejected, to mend", f"{listing}?status=rejected"),
        Task(statuses[ServiceStatus.DRAFT], "draft{} to submit", f"{listing}?status=draft"),
        Task(refused, "failed upload{} in the last seven days", reverse("seller_services:upload")),
        Task(statuses[ServiceStatus.REVIEW], "service{} in review", f"{listing}?status=review"),
    ]
    return [
        Task(each.count, each.words.format("" if each.count == 1 else "s"), each.address, each.is_urgent)
        for each in found
        if each.count
    ]


def _number(found: QuerySet[Any]) -> Coalesce:
    """Return how many rows there are, as a column."""
    counted = found.order_by().annotate(same=Value(1)).values("same").annotate(number=Count("*")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _earned(team: Team, period: date) -> list[tuple[str, Decimal]]:
    """Return (currency, earned) of the month so far."""
    totals: dict[str, Decimal] = {}
    for each in payouts.earnings(seller=team, period=period):
        totals[each.currency] = totals.get(each.currency, Decimal(0)) + each.payout
    return sorted(totals.items())
