"""The life of a service: draft, pending, review, active; rejected, suspended, deprecated.

Every step is a row of STEPS. A step locks the service, checks where it stands, writes the change with who and why, and
tells the gateway.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.users.models import User
from billing.payouts import services as payouts
from common import ports
from marketplace.catalog import queries
from marketplace.catalog.models import Service, ServiceKind, ServiceStatus, StatusChange, Visibility
from marketplace.catalog.services import addresses, membership, plans, revisions
from marketplace.catalog.services.errors import (
    ContentChanged,
    DeletionRefused,
    NameTaken,
    NotTested,
    PlatformVisibilityRefused,
    ReasonMissing,
    StatusChangeRefused,
    TransitionRefused,
    VisibilityRefused,
)

DRAFT, PENDING, REVIEW = ServiceStatus.DRAFT, ServiceStatus.PENDING, ServiceStatus.REVIEW
ACTIVE, REJECTED = ServiceStatus.ACTIVE, ServiceStatus.REJECTED
SUSPENDED, DEPRECATED = ServiceStatus.SUSPENDED, ServiceStatus.DEPRECATED


@dataclass(frozen=True, slots=True)
class Step:
    """One way on. verb: past participle, for sentences."""

    verb: str
    starts: tuple[ServiceStatus, ...]
    end: ServiceStatus
    needs_reason: bool = False


STEPS = {
    "submit": Step("submitted", (DRAFT, REJECTED, SUSPENDED), PENDING),
    "enable_testing": Step("opened for tests", (DRAFT, REJECTED, SUSPENDED), PENDING),
    "pass_tests": Step("passed on to review", (PENDING,), REVIEW),
    "withdraw": Step("withdrawn", (PENDING, REVIEW, REJECTED), DRAFT),
    "approve": Step("approved", (REVIEW,), ACTIVE),
    "reject": Step("rejected", (PENDING, REVIEW), REJECTED, needs_reason=True),
    "suspend": Step("suspended", (ACTIVE,), SUSPENDED, needs_reason=True),
    "resume": Step("resumed", (SUSPENDED,), ACTIVE),
    "deprecate": Step("deprecated", (ACTIVE,), DEPRECATED),
    "refuse_content": Step("refused", (DRAFT, REJECTED, SUSPENDED), REJECTED),
}

#: What a seller may ask for by naming the next status: {(from, to): step}.
ASKED = {
    **{(start, PENDING): "enable_testing" for start in STEPS["enable_testing"].starts},
    **{(start, DRAFT): "withdraw" for start in STEPS["withdraw"].starts},
    (ACTIVE, DEPRECATED): "deprecate",
}


@transaction.atomic
def ask_status(*, service: Service, wanted: str, by: User | None, now: datetime) -> Service:
    """Take the step that leads to the status a seller asks for. Raises: StatusChangeRefused."""
    service = queries.lock_service(service.pk)
    step = ASKED.get((ServiceStatus(service.status), ServiceStatus(wanted)))
    if step is None:
        ways = sorted(end for start, end in ASKED if start == service.status)
        hint = (
            f"From here you can ask for {' or '.join(ways)}." if ways else "Upload a new version, or ask an operator."
        )
        raise StatusChangeRefused(status=service.status, wanted=wanted, hint=hint)
    if step == "deprecate":
        return deprecate(service=service, by=by, now=now)
    return _take(step, service, by=by, reason="", now=now)


@transaction.atomic
def enable_testing(*, service: Service, by: User | None, now: datetime) -> Service:
    """Open a service for its seller's tests. Raises: TransitionRefused."""
    return _take("enable_testing", queries.lock_service(service.pk), by=by, reason="", now=now)


@transaction.atomic
def withdraw(*, service: Service, by: User | None, now: datetime) -> Service:
    """Take a service back to draft. Raises: TransitionRefused."""
    return _take("withdraw", queries.lock_service(service.pk), by=by, reason="", now=now)


@transaction.atomic
def approve(
    *, service: Service, by: User | None, now: datetime, seen: str | None = None, is_vouched: bool = False
) -> Service:
    """Put a service on sale, and return what is live. A revision becomes the content of its original and disappears.

    seen: the content hash of what the operator looked at; another content is not approved. is_vouched: somebody knows
    that it works, so that it is not asked for its tests.
    Raises: TransitionRefused, ContentChanged, NotTested, AddressTaken, NameTaken.
    """
    if service.revision_of_id is not None:
        # in the order in which uploads lock
        queries.lock_seller(service.seller_id)
        queries.lock_service(service.revision_of_id)
    service = queries.lock_service(service.pk)
    _check("approve", service)
    if seen not in {None, service.content_hash}:
        raise ContentChanged()
    if not is_vouched and (hindrance := ports.approval_hindrance(service.pk)):
        raise NotTested(hindrance=hindrance)
    if service.revision_of_id is not None:
        return _approve_revision(service, by=by, now=now)
    revisions.adopt_provider(service=service)
    addresses.claim(service=service)
    service.approved_at, service.approved_by = now, by
    service.save(update_fields=["approved_at", "approved_by"])
    _agree_payout(service, now)
    plans.terms_changed(service=service, now=now)
    return _take("approve", service, by=by, reason="", now=now)


def _approve_revision(revision: Service, *, by: User | None, now: datetime) -> Service:
    assert revision.revision_of_id is not None
    original = queries.lock_service(revision.revision_of_id)
    _refuse_taken_name(original, revision.name)
    before, former_paths = ServiceStatus(original.status), queries.paths(original)
    original = revisions.merge(original=original, revision=revision)
    original.status, original.status_message = ACTIVE, ""
    original.approved_at, original.approved_by, original.updated_at = now, by, now
    original.save()
    _agree_payout(original, now)
    addresses.claim(service=original)
    reason = "A revision was approved."
    StatusChange.objects.create(service=original, from_status=before, to_status=ACTIVE, by=by, reason=reason, at=now)
    membership.refresh(service=original)
    plans.terms_changed(service=original, now=now)
    addresses.publish(service=original, former_paths=former_paths)
    return original


def _agree_payout(service: Service, now: datetime) -> None:
    """Approving a service is agreeing to what its seller is paid."""
    offering = service.offering
    payouts.agree(
        service_id=service.pk, seller=service.seller, price=offering.payout_price, currency=offering.currency, now=now
    )


def _refuse_taken_name(original: Service, name: str) -> None:
    if taken := queries.namesake(original, name):
        raise NameTaken(name=name, service_id=str(taken.pk))


@transaction.atomic
def reject(*, service: Service, reason: str, by: User | None, now: datetime) -> Service:
    """Send a service back to its seller with a reason. Raises: TransitionRefused, ReasonMissing."""
    return _take("reject", queries.lock_service(service.pk), by=by, reason=reason, now=now)


@transaction.atomic
def suspend(*, service: Service, reason: str, by: User | None, now: datetime) -> Service:
    """Stop an active service: nobody can call it. Raises: TransitionRefused, ReasonMissing."""
    return _take("suspend", queries.lock_service(service.pk), by=by, reason=reason, now=now)


@transaction.atomic
def resume(*, service: Service, by: User | None, now: datetime) -> Service:
    """Put a suspended service on sale again. Raises: TransitionRefused, AddressTaken."""
    service = queries.lock_service(service.pk)
    _check("resume", service)
    addresses.claim(service=service)
    return _take("resume", service, by=by, reason="", now=now)


@transaction.atomic
def deprecate(*, service: Service, by: User | None, now: datetime) -> Service:
    """End the sale: enrollments go on, there are no new ones, and the name is free. Raises: TransitionRefused."""
    service = queries.lock_service(service.pk)
    _check("deprecate", service)
    for revision in service.revisions.all():
        revisions.discard(revision=revision)
    service.deprecated_at = now
    service.save(update_fields=["deprecated_at"])
    return _take("deprecate", service, by=by, reason="", now=now)


@transaction.atomic
def set_visibility(*, service: Service, visibility: str, now: datetime) -> Service:
    """Switch between public and unlisted, in any status. Raises: VisibilityRefused, PlatformVisibilityRefused."""
    service = queries.lock_service(service.pk)
    if service.kind == ServiceKind.PLATFORM:
        raise PlatformVisibilityRefused()
    if Visibility.PRIVATE in {service.visibility, visibility}:
        raise VisibilityRefused()
    if service.visibility != visibility:
        service.visibility, service.updated_at = Visibility(visibility), now
        service.save(update_fields=["visibility", "updated_at"])
        membership.refresh(service=service)
        addresses.publish(service=service)
    return service


@transaction.atomic
def delete(*, service: Service, dry_run: bool = False) -> None:
    """Remove a service that was never on sale, with all that belongs to it. Raises: DeletionRefused."""
    service = queries.lock_service(service.pk)
    if service.approved_at is not None or service.status in {ACTIVE, SUSPENDED, DEPRECATED}:
        raise DeletionRefused(reason=f"'{service.name}' has been on sale. Deprecate it instead.")
    if service.pool_members.exists():
        raise DeletionRefused(reason=f"Services of other sellers are members of '{service.name}'. Have it reviewed.")
    if not dry_run:
        paths = queries.paths(service)
        former = Service(pk=service.pk, name=service.name)
        membership.take_out(service=service)
        revisions.discard(revision=service)
        addresses.publish(service=former, former_paths=paths)


def record(*, service: Service, before: str, by: User | None, reason: str, now: datetime) -> None:
    """Write down that a service now has the status it has."""
    StatusChange.objects.create(
        service=service, from_status=before, to_status=service.status, by=by, reason=reason, at=now
    )


def take(step: str, *, service: Service, by: User | None, reason: str = "", now: datetime) -> Service:
    """Take a step of STEPS with a service that the caller has locked. Raises: TransitionRefused, ReasonMissing."""
    return _take(step, service, by=by, reason=reason, now=now)


def _check(name: str, service: Service) -> Step:
    step = STEPS[name]
    if service.status not in step.starts:
        allowed = " or ".join(step.starts)
        raise TransitionRefused(status=service.status, verb=step.verb, allowed=allowed)
    return step


def _take(name: str, service: Service, *, by: User | None, reason: str, now: datetime) -> Service:
    step = _check(name, service)
    if step.needs_reason and not reason.strip():
        raise ReasonMissing()
    before = service.status
    service.status, service.status_message, service.updated_at = step.end, reason, now
    service.save(update_fields=["status", "status_message", "updated_at", "submitted_at"])
    record(service=service, before=before, by=by, reason=reason, now=now)
    if before == ACTIVE:
        addresses.release(service=service)
    membership.refresh(service=service)
    # what was never on sale the gateway has never heard of, nor the market
    if service.revision_of_id is None and service.approved_at is not None:
        addresses.publish(service=service)
    return service
