"""Pages and buttons of an enrollment's plan, and of prices that change."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.teams.access import MemberRequest, member_required
from accounts.teams.permissions import Permission
from billing.subscriptions import queries as billing
from billing.subscriptions import services as subscriptions
from billing.subscriptions.models import Subscription
from common import htmx
from common.errors import DomainError, NotFound
from marketplace.enrollments import plans, queries
from marketplace.enrollments import services as enrollments
from marketplace.enrollments.models import Enrollment

#: What a person can do something about on the page of the plans.
_REFUSED = (
    subscriptions.AlreadySubscribed,
    subscriptions.ChangeRefused,
    subscriptions.FeeUnaffordable,
    subscriptions.NotSubscribed,
    subscriptions.PlanNotOffered,
)


@require_http_methods(["GET", "POST"])
@member_required(Permission.MANAGE_ENROLLMENTS)
def enrollment_plan(request: MemberRequest, enrollment_id: UUID) -> HttpResponse:
    """The plans that an enrollment may take; choosing one subscribes to it or changes to it."""
    enrollment = queries.enrollment(team=request.team, enrollment_id=enrollment_id)
    if not enrollment.is_current:
        raise NotFound(what="enrollment that can have a plan")
    error: DomainError | None = None
    if request.method == "POST":
        try:
            return _take(request, enrollment)
        except _REFUSED as refused:
            error = refused
    now = timezone.now()
    subscription = billing.live_subscription(team=request.team, enrollment_id=enrollment.pk)
    options = plans.offered(enrollment, subscription, now=now)
    context = {
        "enrollment": enrollment,
        "subscription": subscription,
        "options": options,
        "error": error,
        "is_short_of_money": isinstance(error, subscriptions.FeeUnaffordable),
    }
    return htmx.render(
        request,
        "marketplace/enrollments/enrollment_plan.html",
        context,
        partial="plan-options",
        status=422 if error else None,
    )


def _take(request: MemberRequest, enrollment: Enrollment) -> HttpResponse:
    now = timezone.now()
    plan = billing.offered_plan(service_id=enrollment.service_id, plan_id=_uuid(request.POST.get("plan", "")))
    present = billing.live_subscription(team=request.team, enrollment_id=enrollment.pk)
    if present is None:
        enrollments.subscribe(enrollment=enrollment, plan_id=plan.pk, now=now)
        told = f"Your plan is {plan.name}."
    else:
        changed = subscriptions.change_plan(subscription_id=present.pk, plan=plan, now=now)
        is_now = changed.plan == plan
        told = f"Your plan is {plan.name}." if is_now else f"Your plan becomes {plan.name} with the next month."
    messages.success(request, told)
    return htmx.redirect(request, "enrollments:detail", enrollment.pk, event="plan-changed")


@require_POST
@member_required(Permission.MANAGE_ENROLLMENTS)
def plan_cancel(request: MemberRequest, enrollment_id: UUID) -> HttpResponse:
    """End the plan with the month that is paid; `keep` lets the enrollment go on without a plan."""
    keeps = request.POST.get("keep") == "enrollment"

    def cancel(subscription: Subscription) -> str:
        done = subscriptions.cancel(subscription_id=subscription.pk, keeps_enrollment=keeps, now=timezone.now())
        if done.cancels_at is None:
            return "Your plan has ended."
        return f"Your plan ends on {done.cancels_at:%-d %B %Y}. Until then nothing changes."

    return _change(request, enrollment_id, cancel, event="plan-cancelled")


@require_POST
@member_required(Permission.MANAGE_ENROLLMENTS)
def plan_undo(request: MemberRequest, enrollment_id: UUID) -> HttpResponse:
    """Take back a cancellation, or a change that comes with the next month."""

    def undo(subscription: Subscription) -> str:
        if subscription.cancels_at is not None:
            subscriptions.undo_cancel(subscription_id=subscription.pk, now=timezone.now())
            return "Your plan goes on."
        subscriptions.undo_change(subscription_id=subscription.pk)
        return f"You keep the plan {subscription.plan.name}."

    return _change(request, enrollment_id, undo, event="plan-changed")


@require_POST
@member_required(Permission.MANAGE_ENROLLMENTS)
def plan_accept(request: MemberRequest, enrollment_id: UUID) -> HttpResponse:
    """Take the seller's new terms from the next month on."""

    def accept(subscription: Subscription) -> str:
        announced = subscription.notice_plan
        is_the_one_shown = announced is not None and str(announced.pk) == request.POST.get("plan")
        subscriptions.accept_terms(
            subscription_id=subscription.pk, plan=announced if announced and is_the_one_shown else subscription.plan
        )
        return "You have accepted the new terms. They hold from the next month on."

    return _change(request, enrollment_id, accept, event="plan-changed")


@require_POST
@member_required(Permission.MANAGE_ENROLLMENTS)
def plan_pay(request: MemberRequest, enrollment_id: UUID) -> HttpResponse:
    """Pay the fee that is unpaid."""

    def pay(subscription: Subscription) -> str:
        subscriptions.pay_now(subscription_id=subscription.pk, now=timezone.now())
        return "The fee is paid. Calls go on."

    return _change(request, enrollment_id, pay, event="plan-paid")


@require_POST
@member_required(Permission.MANAGE_ENROLLMENTS)
def price_accept(request: MemberRequest, enrollment_id: UUID) -> HttpResponse:
    """Accept the new price of an enrollment before its notice has ended."""
    enrollment = queries.enrollment(team=request.team, enrollment_id=enrollment_id)
    change = queries.open_change(enrollment)
    try:
        if change is None or str(change.pk) != request.POST.get("change"):
            raise enrollments.ChangeClosed(status="not the one that you saw")
        enrollments.accept(team=request.team, change_id=change.pk, by=request.user, now=timezone.now())
    except enrollments.ChangeClosed as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request, f"Calls of {enrollment.service} with {enrollment.code} cost the new price from now on."
        )
    return htmx.redirect(request, "enrollments:detail", enrollment.pk, event="price-accepted")


def _change(
    request: MemberRequest, enrollment_id: UUID, change: Callable[[Subscription], str], *, event: str
) -> HttpResponse:
    """Change the plan of an enrollment and say what came of it on its page."""
    enrollment = queries.enrollment(team=request.team, enrollment_id=enrollment_id)
    subscription = billing.live_subscription(team=request.team, enrollment_id=enrollment.pk)
    if subscription is None:
        raise NotFound(what="plan")
    try:
        messages.success(request, change(subscription))
    except _REFUSED as error:
        messages.error(request, error.message)
    return htmx.redirect(request, "enrollments:detail", enrollment.pk, event=event)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what="plan") from None
