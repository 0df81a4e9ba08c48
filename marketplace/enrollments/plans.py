"""The plans of a service as pages show them: what each costs and includes, and what taking it means now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from billing.subscriptions import queries
from billing.subscriptions import services as subscriptions
from billing.subscriptions.models import Plan, Subscription
from billing.subscriptions.queries import QuotaUse
from domain import plans
from domain.plans import Upgrade
from marketplace.enrollments.models import Enrollment


@dataclass(frozen=True, slots=True)
class PlanOption:
    """A plan that may be taken. upgrade: what it costs at once; None when it comes with the next month."""

    plan: Plan
    sentence: str
    is_current: bool
    is_next: bool
    upgrade: Upgrade | None


@dataclass(frozen=True, slots=True)
class PlanPanel:
    """The plan of an enrollment. use: of the month's quota; percent: of it that is used, 0 to 100.

    next_fee, next_sentence: of the month after this one; None when there is none.
    """

    subscription: Subscription
    sentence: str
    use: QuotaUse | None
    percent: int
    next_fee: Decimal | None
    next_sentence: str
    announced_sentence: str

    @property
    def used_text(self) -> str:
        return plans.quantity_text(self.use.used, self.use.metric).partition(" ")[0] if self.use else ""

    @property
    def included_text(self) -> str:
        return plans.quantity_text(self.use.included, self.use.metric) if self.use else ""

    @property
    def left_text(self) -> str:
        return plans.quantity_text(self.use.left, self.use.metric) if self.use else ""


def sentence(plan: Plan) -> str:
    """Return what a plan costs and includes, in words."""
    return plans.sentence(plan.terms, plan.currency)


def offered(enrollment: Enrollment, subscription: Subscription | None, *, now: datetime) -> list[PlanOption]:
    """Return the plans that an enrollment may take, cheapest first, with what taking each means now."""
    return [_option(plan, subscription, now) for plan in queries.offered_plans(service_id=enrollment.service_id)]


def _option(plan: Plan, subscription: Subscription | None, now: datetime) -> PlanOption:
    if subscription is None:
        return PlanOption(plan, sentence(plan), is_current=False, is_next=False, upgrade=None)
    return PlanOption(
        plan,
        sentence(plan),
        is_current=plan == subscription.plan,
        is_next=plan == subscription.next_plan,
        upgrade=subscriptions.quote(subscription=subscription, plan=plan, now=now),
    )


def panel(subscription: Subscription, *, now: datetime) -> PlanPanel:
    """Return what a page says of a subscription."""
    use = queries.quota_use(subscription=subscription, now=now)
    following = queries.following_plan(subscription, at=subscription.ends_at)
    if subscription.cancels_at is not None:
        following = None
    announced = subscription.notice_plan
    return PlanPanel(
        subscription=subscription,
        sentence=sentence(subscription.plan),
        use=use,
        percent=int(min(use.used / use.included, Decimal(1)) * 100) if use else 0,
        next_fee=following.fee if following else None,
        next_sentence=sentence(following) if following and following != subscription.plan else "",
        announced_sentence=sentence(announced) if announced else "",
    )


def lines(offered_plans: Iterable[Plan]) -> list[tuple[Plan, str]]:
    """Return plans with what each costs and includes."""
    return [(plan, sentence(plan)) for plan in offered_plans]
