"""Submitting a service for review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.users.models import User
from marketplace.catalog import queries
from marketplace.catalog.models import Service, ServiceStatus
from marketplace.catalog.services import checking, lifecycle


@dataclass(frozen=True, slots=True)
class Submission:
    """Where a service stands after it was submitted. problems: why it was not; message: for people."""

    service: Service
    problems: tuple[str, ...]
    message: str


@transaction.atomic
def submit(*, service: Service, by: User | None, now: datetime) -> Submission:
    """Check a service against the rules for sale and pass it on to the operators.

    Problems make a draft rejected, with the problems as its message. What is already submitted stays as it is.
    Raises: TransitionRefused when it is on sale or ended.
    """
    service = queries.lock_service(service.pk)
    if service.status in {ServiceStatus.PENDING, ServiceStatus.REVIEW}:
        return Submission(service, (), f"This content was already submitted; the service is in {service.status}.")
    if service.status in {ServiceStatus.ACTIVE, ServiceStatus.DEPRECATED}:
        lifecycle.take("submit", service=service, by=by, now=now)
    problems = checking.problems_for_sale(service)
    if problems:
        return _refuse(service, problems, by, now)
    service.submitted_at = now
    service = lifecycle.take("submit", service=service, by=by, now=now)
    service = lifecycle.take("pass_tests", service=service, by=None, now=now)
    return Submission(service, (), "Submitted. An operator reviews the service before customers see it.")


def _refuse(service: Service, problems: tuple[str, ...], by: User | None, now: datetime) -> Submission:
    reason = "\n".join(problems)
    if service.status == ServiceStatus.SUSPENDED:
        return Submission(service, problems, reason)
    service = lifecycle.take("refuse_content", service=service, by=by, reason=reason, now=now)
    return Submission(service, problems, reason)
