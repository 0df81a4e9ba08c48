"""What charges sum up to on a statement, per service, enrollment and channel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.backends.utils import CursorWrapper

from billing.rating.services.literals import array, json_array, text_array
from billing.rating.services.rated import Booked

_ZERO = Decimal(0)

#: Wallet, period, service, enrollment, channel, late: what a row of PeriodUsage is known by.
SumKey = tuple[str, date, str, str | None, str, bool]


@dataclass(slots=True)
class Sum:
    """What a batch adds to one row of PeriodUsage."""

    requests: int = 0
    listed: Decimal = _ZERO
    covered: Decimal = _ZERO
    discounted: Decimal = _ZERO
    discounted_by_platform: Decimal = _ZERO
    charged: Decimal = _ZERO
    metrics: dict[str, int | Decimal] = field(default_factory=dict)

    def add(self, booked: Booked) -> None:
        """Add one charge."""
        self.requests += 1
        self.listed += booked.rated.rating.cost
        self.charged += booked.charged
        for each in booked.adjustments:
            if each.kind == "allowance":
                self.covered += each.amount
            else:
                self.discounted += each.amount
                if each.funded_by == "platform":
                    self.discounted_by_platform += each.amount
        metrics = self.metrics
        for metric, quantity in booked.rated.event.usage.items():
            metrics[metric] = metrics.get(metric, 0) + quantity

    def amounts(self) -> tuple[Decimal, ...]:
        """Return the columns of money in their order."""
        return self.listed, self.covered, self.discounted, self.discounted_by_platform, self.charged

    def written_metrics(self) -> dict[str, str]:
        """Return the metrics as texts, as PostgreSQL's sums of them are."""
        return {metric: str(quantity) for metric, quantity in self.metrics.items()}


def add_up(booked: Iterable[Booked]) -> dict[SumKey, Sum]:
    """Return what the rows of the periods grow by. Calls that cost nothing by their outcome, and charges that wait
    for a price, are on no statement."""
    sums: dict[SumKey, Sum] = {}
    for each in booked:
        event = each.rated.event
        if each.rated.rating.error or not event.is_billable:
            continue
        key = (event.wallet_id, each.period, event.service_id, event.enrollment_id, event.channel or "", each.late)
        total = sums.get(key)
        if total is None:
            total = sums[key] = Sum()
        total.add(each)
    return sums


def write(cursor: CursorWrapper, sums: dict[SumKey, Sum]) -> None:
    """Add the sums to the rows of their periods. The wallets' locks keep everybody else off these rows."""
    if not sums:
        return
    wallets, periods, services, enrollments, channels, late = zip(*sums, strict=True)
    amounts = zip(*(each.amounts() for each in sums.values()), strict=True)
    cursor.execute(
        "INSERT INTO rating_periodusage AS p (wallet_id, period, service_id, enrollment_id, channel, late, requests,"
        " listed, covered, discounted, discounted_by_platform, charged, metrics)"
        " SELECT * FROM unnest(%s::uuid[], %s::date[], %s::uuid[], %s::uuid[], %s::text[], %s::boolean[], %s::bigint[],"
        " %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[], %s::jsonb[])"
        " ON CONFLICT (wallet_id, period, service_id, enrollment_id, channel, late) DO UPDATE"
        " SET requests = p.requests + excluded.requests, listed = p.listed + excluded.listed,"
        " covered = p.covered + excluded.covered, discounted = p.discounted + excluded.discounted,"
        " discounted_by_platform = p.discounted_by_platform + excluded.discounted_by_platform,"
        " charged = p.charged + excluded.charged, metrics = metrics_sum(p.metrics, excluded.metrics)",
        [
            *_columns(wallets, periods, services, enrollments),
            text_array(channels),
            *_columns(late, (each.requests for each in sums.values()), *amounts),
            json_array(each.written_metrics() for each in sums.values()),
        ],
    )


def _columns(*columns: Iterable[object]) -> Sequence[str]:
    return [array(column) for column in columns]
