"""Reads of plans, subscriptions and fees."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.teams.models import Team
from billing.promotions.models import Allowance
from billing.subscriptions.models import Fee, Plan, Subscription, SubscriptionStatus
from common.errors import NotFound

#: How long before a notice ends subscribers are reminded of it.
_REMINDER = timedelta(days=7)
_LIVE = ~Q(status=SubscriptionStatus.ENDED)


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """How much of a period's quota is used. metric: what it counts."""

    metric: str
    included: Decimal
    used: Decimal

    @property
    def left(self) -> Decimal:
        return self.included - self.used


@dataclass(frozen=True, slots=True)
class FeeIncome:
    """What a plan of a service brought in a span of time, all its versions together. subscribers: at present."""

    service_id: UUID
    key: str
    name: str
    currency: str
    subscribers: int
    charged: Decimal
    credited: Decimal
    net: Decimal


def offered_plans(*, service_id: UUID) -> QuerySet[Plan]:
    """Return the plans that a service offers now, cheapest first."""
    return Plan.objects.filter(service_id=service_id, withdrawn_at=None).order_by("fee", "key")


def offered_plan(*, service_id: UUID, plan_id: UUID | str) -> Plan:
    """Return one of the plans that a service offers now. Raises: NotFound."""
    found = offered_plans(service_id=service_id).filter(pk=plan_id).first()
    if found is None:
        raise NotFound(what="plan")
    return found


def subscriptions(*, team: Team) -> QuerySet[Subscription]:
    """Return a customer's subscriptions, newest first, each with its plans and wallet."""
    return Subscription.objects.filter(team=team).select_related("plan", "wallet", "next_plan", "notice_plan")


def live(*, team: Team) -> QuerySet[Subscription]:
    """Return the subscriptions of a customer that go on."""
    return subscriptions(team=team).filter(_LIVE)


def live_subscription(*, team: Team, enrollment_id: UUID) -> Subscription | None:
    """Return the subscription that an enrollment has, or None."""
    return subscriptions(team=team).filter(_LIVE, enrollment_id=enrollment_id).first()


def lock_subscription(subscription_id: UUID) -> Subscription:
    """Return a subscription as it is now, locked until the transaction ends. Its wallet is locked already."""
    locked = Subscription.objects.select_for_update(of=("self",))
    return locked.select_related("plan", "wallet", "team", "next_plan", "notice_plan").get(pk=subscription_id)


def quota_use(*, subscription: Subscription, now: datetime) -> QuotaUse | None:
    """Return the use of the quotas that cover calls now, or None when none does."""
    found = (
        Allowance.objects.filter(
            enrollment_id=subscription.enrollment_id,
            fee__subscription=subscription,
            starts_at__lte=now,
            ends_at__gt=now,
        )
        .values("metric")
        .annotate(total=Sum("included"), spent=Sum("used"))
        .order_by("metric")
        .first()
    )
    return QuotaUse(found["metric"], found["total"], found["spent"]) if found else None


def fees_of(*, subscription: Subscription) -> QuerySet[Fee]:
    """Return what was paid for a subscription, newest first."""
    return Fee.objects.filter(subscription=subscription).select_related("plan", "wallet")


def fees(*, service_ids: Iterable[UUID], starts_at: datetime, ends_at: datetime) -> QuerySet[Fee]:
    """Return the fees that were paid for services from starts_at up to ends_at; `amount` is net of credits.

    What sellers earn their share of: the sum of the amounts of a service and a month.
    """
    paid = Fee.objects.filter(service_id__in=list(service_ids), paid_at__gte=starts_at, paid_at__lt=ends_at)
    return paid.select_related("plan", "wallet").order_by("service_id", "paid_at")


def income(*, service_id: UUID, starts_at: datetime, ends_at: datetime) -> list[FeeIncome]:
    """Return what each plan of a service brought from starts_at up to ends_at, with its subscribers at present."""
    paid = Q(fees__paid_at__gte=starts_at, fees__paid_at__lt=ends_at)
    zero = Decimal(0)
    rows = (
        Plan.objects.filter(service_id=service_id)
        .values("key", "currency")
        .annotate(
            charged=Coalesce(Sum("fees__charged", filter=paid), zero),
            credited=Coalesce(Sum("fees__credited", filter=paid), zero),
            net=Coalesce(Sum("fees__amount", filter=paid), zero),
        )
        .order_by("key", "currency")
    )
    names = dict(Plan.objects.filter(service_id=service_id).order_by("version").values_list("key", "name"))
    counts = dict(
        Subscription.objects.filter(_LIVE, service_id=service_id)
        .values_list("plan__key")
        .annotate(Count("pk"))
        .order_by()
    )
    return [
        FeeIncome(service_id, each["key"], names[each["key"]], each["currency"], counts.get(each["key"], 0),
                  each["charged"], each["credited"], each["net"])
        for each in rows
    ]  # fmt: skip


def due(*, now: datetime) -> list[UUID]:
    """Return the subscriptions that a sweep has something to do with: renew, end, try again, suspend, take up again.

    Of those whose fee is unpaid: when the next attempt or the end of the grace is due, or when the wallet can pay now.
    """
    spendable = F("wallet__settled") - F("wallet__usage") - F("wallet__held") + F("wallet__credit_limit")
    can_pay = Q(spendable__gte=F("unpaid_amount"))
    found = (
        Subscription.objects.annotate(spendable=spendable)
        .filter(
            Q(status=SubscriptionStatus.ACTIVE, ends_at__lte=now)
            | Q(status=SubscriptionStatus.PAST_DUE)
            & (can_pay | Q(next_attempt_at__lte=now) | Q(grace_ends_at__lte=now))
            | Q(status=SubscriptionStatus.SUSPENDED) & can_pay
        )
        .order_by("ends_at", "pk")
    )
    return list(found.values_list("pk", flat=True))


def is_suspended(enrollment_id: OuterRef) -> Exists:
    """Return the condition that the fee of an enrollment is unpaid, and its calls are refused therefore."""
    return Exists(Subscription.objects.filter(enrollment_id=enrollment_id, status=SubscriptionStatus.SUSPENDED))


def subscribers_of_withdrawn(*, service_id: UUID) -> list[UUID]:
    """Return the live subscriptions whose plan the service offers in another version, or not any more."""
    told = Q(notice_ends_at__isnull=False)
    outdated = Subscription.objects.filter(_LIVE, service_id=service_id, plan__withdrawn_at__isnull=False)
    offered = Plan.objects.filter(service_id=service_id, withdrawn_at=None, key=OuterRef("plan__key"))
    already = Q(told, notice_plan__isnull=False, notice_plan__withdrawn_at__isnull=True)
    gone = Q(told, notice_plan__isnull=True) & ~Exists(offered)
    return list(outdated.exclude(already).exclude(gone).order_by("pk").values_list("pk", flat=True))


def subscription(subscription_id: UUID) -> Subscription:
    """Return a subscription with its plans, wallet and team. Raises: NotFound."""
    found = (
        Subscription.objects.select_related("plan", "wallet", "next_plan", "notice_plan", "team")
        .filter(pk=subscription_id)
        .first()
    )
    if found is None:
        raise NotFound(what="subscription")
    return found


def services_to_announce() -> list[UUID]:
    """Return the services with subscribers of a plan that is not offered in that version any more, and not told."""
    untold = Subscription.objects.filter(_LIVE, plan__withdrawn_at__isnull=False, notice_ends_at=None, next_plan=None)
    return list(untold.values_list("service_id", flat=True).distinct().order_by("service_id"))


def to_remind(*, now: datetime) -> list[UUID]:
    """Return the subscriptions whose notice ends within a week and who were not reminded of it."""
    soon = Subscription.objects.filter(
        _LIVE, notice_ends_at__gt=now, notice_ends_at__lte=now + _REMINDER, reminded_at=None, next_plan=None
    )
    return list(soon.order_by("notice_ends_at").values_list("pk", flat=True))


def plans_of(team_ids: Iterable[UUID]) -> dict[UUID, frozenset[str]]:
    """Return the names, as sellers write them, of the plans that teams have now. Teams without any are left out."""
    paid = Subscription.objects.filter(team__in=list(team_ids)).exclude(
        status__in=[SubscriptionStatus.SUSPENDED, SubscriptionStatus.ENDED]
    )
    found: dict[UUID, set[str]] = {}
    for team_id, key in paid.values_list("team_id", "plan__key"):
        found.setdefault(team_id, set()).add(key)
    return {team_id: frozenset(keys) for team_id, keys in found.items()}


def following_plan(subscription: Subscription, *, at: datetime) -> Plan | None:
    """Return the plan of a period that begins at `at`; None when the seller's notice has ended the plan by then."""
    if subscription.next_plan is not None:
        return subscription.next_plan
    if subscription.notice_ends_at is not None and subscription.notice_ends_at <= at:
        return subscription.notice_plan
    return subscription.plan
