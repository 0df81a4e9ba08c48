"""Plans, and customers who subscribed to one."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from accounts.teams.models import Team
from billing.subscriptions import services
from billing.subscriptions.models import Plan, Subscription
from domain.plans import REQUESTS, PlanTerms

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def terms(key: str = "basic", fee: str = "10", quantity: int = 1000, *, metric: str = REQUESTS) -> PlanTerms:
    """Return what a plan says. Without a quantity it includes nothing."""
    return PlanTerms(key, key.capitalize(), "", Decimal(fee), metric if quantity else "", Decimal(quantity))


def offer(service_id: UUID, *plans: PlanTerms, now: datetime = NOON, currency: str = "USD") -> list[Plan]:
    """Offer these plans of a service, and no others."""
    return services.offer(service_id=service_id, currency=currency, terms=plans, now=now)


def make_plan(**changes: Any) -> Plan:
    """Return the only plan of a service of its own."""
    return offer(uuid4(), terms(**changes))[0]


def make_subscription(team: Team, plan: Plan | None = None, *, now: datetime = NOON, **facts: Any) -> Subscription:
    """Return the subscription of a new enrollment."""
    plan = plan or make_plan()
    facts = {"enrollment_id": uuid4(), **facts}
    return services.subscribe(team=team, service_id=plan.service_id, plan=plan, now=now, **facts)
