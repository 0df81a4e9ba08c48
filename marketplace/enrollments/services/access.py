"""What the plan of an enrollment does to it: calls are open, paused, or over."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.subscriptions import queries as billing
from billing.subscriptions import services as subscriptions
from billing.subscriptions.models import Subscription
from common import ports
from marketplace.enrollments import queries
from marketplace.enrollments.models import Enrollment, EnrollmentStatus
from marketplace.enrollments.services.enrolling import end


@transaction.atomic
def set_access(enrollment_id: UUID, access: str, now: datetime) -> None:
    """Open, pause or end an enrollment, as its subscription says, and tell the gateway.

    access: "open", "paused" or "ended". One that has ended stays so.
    """
    enrollment = queries.lock_by_id(enrollment_id)
    if enrollment is None or not enrollment.is_current:
        return
    if access == "ended":
        end(enrollment, now=now)
        return
    wanted = EnrollmentStatus.PAUSED if access == "paused" else EnrollmentStatus.ACTIVE
    if enrollment.status != wanted:
        enrollment.status = wanted
        enrollment.save(update_fields=["status", "updated_at"])
    ports.publish("customer", str(enrollment.team_id))


@transaction.atomic
def subscribe(*, enrollment: Enrollment, plan_id: UUID, now: datetime) -> Subscription:
    """Give an enrollment that pays for each call a plan.

    Raises: NotFound, subscriptions.AlreadySubscribed, PlanNotOffered, FeeUnaffordable.
    """
    plan = billing.offered_plan(service_id=enrollment.service_id, plan_id=plan_id)
    return subscriptions.subscribe(
        team=enrollment.team, service_id=enrollment.service_id, enrollment_id=enrollment.pk, plan=plan, now=now
    )
