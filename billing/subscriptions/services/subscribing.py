"""The beginning of a subscription: the first fee is taken at once, or there is none."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.teams.models import Team
from billing.subscriptions import queries
from billing.subscriptions.models import Plan, Subscription
from billing.subscriptions.services.paying import take_period_fee
from billing.wallets import queries as wallet_queries
from billing.wallets import services as wallets
from common.errors import DomainError
from domain import periods, plans


class PlanNotOffered(DomainError):
    """The plan is of another service, or was withdrawn or changed meanwhile."""

    code = "plan_not_offered"
    sentence = "The plan {plan} has changed or is not offered any more. Read the plans again and choose one."


class AlreadySubscribed(DomainError):
    """An enrollment has one subscription at a time."""

    code = "already_subscribed"
    sentence = "This enrollment has the plan {plan} already. Change it on the enrollment's page."


class NotSubscribed(DomainError):
    """There is no subscription to change."""

    code = "not_subscribed"
    sentence = "This enrollment has no subscription. Choose a plan on the enrollment's page first."


@transaction.atomic
def subscribe(*, team: Team, service_id: UUID, enrollment_id: UUID, plan: Plan, now: datetime) -> Subscription:
    """Give an enrollment a plan: its first period begins now, is paid now and brings its quota now.

    Raises: PlanNotOffered, AlreadySubscribed, FeeUnaffordable.
    Source: docs/algorithms/subscriptions.md, "Periods".
    """
    wallet = wallet_queries.lock_wallet(wallets.open(team=team, currency=plan.currency).pk)
    present = queries.live_subscription(team=team, enrollment_id=enrollment_id)
    if present is not None:
        raise AlreadySubscribed(plan=present.plan.name)
    plan = check_offered(plan, service_id=service_id)
    zone = zone_of(team)
    subscription = Subscription.objects.create(
        team=team,
        wallet=wallet,
        service_id=service_id,
        enrollment_id=enrollment_id,
        plan=plan,
        time_zone=zone,
        anchored_at=now,
        starts_at=now,
        ends_at=plans.boundary(now, zone, 1),
    )
    take_period_fee(
        subscription=subscription, plan=plan, number=1, starts_at=now, ends_at=subscription.ends_at, now=now
    )
    return subscription


def check_offered(plan: Plan, *, service_id: UUID) -> Plan:
    """Return the plan as it stands, kept from being withdrawn meanwhile. Raises: PlanNotOffered."""
    found = Plan.objects.select_for_update(of=("self",), no_key=True).get(pk=plan.pk)
    if found.withdrawn_at is not None or found.service_id != service_id:
        raise PlanNotOffered(plan=found.name)
    return found


def zone_of(team: Team) -> str:
    """Return the team's time zone, or UTC when there is no such zone any more."""
    try:
        return str(periods.zone(team.timezone).key)
    except periods.UnknownZone:
        return "UTC"
