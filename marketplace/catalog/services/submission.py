"""Submitting a service for review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.users.models import User
from common import ports
from marketplace.catalog import queries
from marketplace.catalog.models import Service, ServiceStatus
from marketplace.catalog.services import checking, lifecycle

_TESTING = "Submitted. Its tests run now; when they pass, an operator reviews the service before customers see it."


@dataclass(frozen=True, slots=True)
class Submission:
    """Where a service stands after it was submitted. problems: why it was not; message: for people."""

    service: Service
    problems: tuple[str, ...]
    message: str


@transaction.atomic
def submit(*, service: Service, by: User | None, now: datetime, with_tests: bool = True) -> Submission:
    """Check a service against the rules for sale and have it tested; what passes goes on to the operators.

    Problems make a draft rejected, with the problems as its message. What is already submitted stays as it is, but one
    whose tests were lost is tested again. with_tests: False for who vouches for the content.
    Raises: TransitionRefused when it is on sale or ended.
    """
    service = queries.lock_service(service.pk)
    already = f"This content was already submitted; the service is in {service.status}."
    if service.status == ServiceStatus.REVIEW:
        return Submission(service, (), already)
    if service.status in {ServiceStatus.ACTIVE, ServiceStatus.DEPRECATED}:
        lifecycle.take("submit", service=service, by=by, now=now)
    problems = checking.problems_for_sale(service)
    if problems:
        return _refuse(service, problems, by, now)
    service.submitted_at = now
    was_pending = service.status == ServiceStatus.PENDING
    if not was_pending:
        service = lifecycle.take("submit", service=service, by=by, now=now)
    if with_tests and ports.begin_tests(service.pk, by.pk if by else None, now):
        return Submission(service, (), _TESTING)
    if with_tests and was_pending:
        return Submission(service, (), already)
    service = lifecycle.take("pass_tests", service=service, by=None, now=now)
    return Submission(service, (), "Submitted. An operator reviews the service before customers see it.")


def _refuse(service: Service, problems: tuple[str, ...], by: User | None, now: datetime) -> Submission:
    reason = "\n".join(problems)
    if service.status in {ServiceStatus.SUSPENDED, ServiceStatus.PENDING}:
        return Submission(service, problems, reason)
    service = lifecycle.take("refuse_content", service=service, by=by, reason=reason, now=now)
    return Submission(service, problems, reason)
