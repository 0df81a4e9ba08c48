"""What the present month costs, over JSON."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from django.utils import timezone
from ninja import Router, Schema

from accounts.teams.callers import KeyRequest
from billing.statements import usage
from common.ninja import Endpoints

router = Router(tags=["usage"])
endpoint = Endpoints(router)


class ServiceCharge(Schema):
    service_id: UUID
    service_name: str
    request_count: int
    success_count: int
    error_count: int
    customer_charge: str
    channel: str
    usage_metrics: dict[str, float]


class MeterCharge(Schema):
    """The quota of a plan. cost: always 0, as what goes beyond the quota is in the charge of its service."""

    key: str
    based_on: str
    raw_quantity: int
    included: int
    cost: str
    overage_billable: bool


class CycleUsage(Schema):
    """Amounts are decimal texts in `currency`. cycle_end: the last day. projected: at the pace of the days so far."""

    cycle_start: date
    cycle_end: date
    as_of: datetime
    days_elapsed: int
    days_total: int
    currency: str
    services_charge: str
    meters_charge: str
    total_charge: str
    projected_total_charge: str
    has_active_plan: bool
    services: list[ServiceCharge]
    meters: list[MeterCharge]
    wallet_balance: str | None
    balance_after_usage: str | None


@endpoint("GET", "/usage/cycle", {200: CycleUsage})
def cycle_usage(request: KeyRequest, cycle_start: date | None = None) -> CycleUsage:
    """Return what a month has cost so far, by service. cycle_start: any day of it; this month's by default."""
    found = usage.cycle(team=request.team, containing=cycle_start, now=timezone.now())
    return CycleUsage(
        cycle_start=found.starts,
        cycle_end=found.ends,
        as_of=found.as_of,
        days_elapsed=found.days_elapsed,
        days_total=found.days_total,
        currency=found.currency,
        services_charge=f"{found.charged:f}",
        meters_charge="0.00",
        total_charge=f"{found.charged:f}",
        projected_total_charge=f"{found.projected.quantize(Decimal('0.01'), ROUND_HALF_UP):f}",
        has_active_plan=bool(found.meters),
        services=[_service(each) for each in found.services],
        meters=[_meter(each) for each in found.meters],
        wallet_balance=f"{found.balance:f}",
        balance_after_usage=f"{found.available:f}",
    )


def _service(use: usage.ServiceUse) -> ServiceCharge:
    return ServiceCharge(
        service_id=use.service_id,
        service_name=use.service_name,
        request_count=use.requests,
        success_count=use.requests - use.errors,
        error_count=use.errors,
        customer_charge=f"{use.charged:f}",
        channel=use.channel,
        usage_metrics={name: float(amount) for name, amount in sorted(use.metrics.items())},
    )


def _meter(use: usage.MeterUse) -> MeterCharge:
    return MeterCharge(
        key=use.key,
        based_on=use.metric,
        raw_quantity=int(use.used),
        included=int(use.included),
        cost="0.00",
        overage_billable=True,
    )
