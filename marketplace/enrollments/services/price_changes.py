"""From the price that was accepted to the one that the seller asks for now.

A cut holds for everybody at once. A rise is announced, and holds when its notice has ended or the customer accepts it.
The gateway is told in the transaction that changes the price, so every call carries the version that held as it began.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from billing.prices.models import PriceVersion
from billing.wallets import services as wallets
from common import jobs, ports
from common.errors import DomainError
from domain.price_changes import Direction, compare
from marketplace.enrollments import queries
from marketplace.enrollments.models import Enrollment, PriceChange, PriceChangeStatus
from marketplace.enrollments.services.enrolling import price_of_calls


class ChangeClosed(DomainError):
    """The change was accepted, took effect or was withdrawn before."""

    code = "price_change_closed"
    sentence = "This price change is {status}. Open the enrollment to see what its calls cost."


@transaction.atomic
def follow_price(*, enrollment_id: UUID, now: datetime) -> PriceChange | None:
    """Bring one enrollment in step with what its service costs now; a second call changes nothing.

    Returns the change that was opened or applied, or None when there was nothing to do.
    Source: docs/algorithms/subscriptions.md, "Price changes".
    """
    enrollment = queries.lock_by_id(enrollment_id)
    if enrollment is None or enrollment.service.list_price is None:
        return None
    pending = queries.open_change(enrollment)
    wanted = price_of_calls(enrollment.service)
    if pending is not None and pending.new_price_id == wanted.pk and enrollment.is_current:
        return None
    if pending is not None:
        _close(pending, PriceChangeStatus.WITHDRAWN, by=None, now=now)
    if not enrollment.is_current or wanted.pk == enrollment.price_id:
        return None
    if _is_rise(enrollment.price, wanted):
        notice = timedelta(days=settings.PRICE_NOTICE_DAYS)
        return _open(enrollment, wanted, takes_effect_at=now + notice, now=now)
    change = _open(enrollment, wanted, takes_effect_at=now, now=now)
    _apply(change, enrollment, PriceChangeStatus.APPLIED, by=None, now=now)
    return change


@transaction.atomic
def accept(*, team: Team, change_id: UUID, by: User | None, now: datetime) -> PriceChange:
    """Let a new price hold from now on, before its notice has ended. Raises: NotFound, ChangeClosed."""
    change, enrollment = queries.lock_change(team=team, change_id=change_id)
    if not change.is_open:
        raise ChangeClosed(status=change.get_status_display().lower())
    _apply(change, enrollment, PriceChangeStatus.ACCEPTED, by=by, now=now)
    return change


@transaction.atomic
def take_effect(*, change_id: UUID, now: datetime) -> PriceChange:
    """Let a new price hold whose notice has ended; another one stays as it is."""
    change, enrollment = queries.lock_change(team=None, change_id=change_id)
    if change.is_open and change.takes_effect_at <= now:
        if enrollment.is_current:
            _apply(change, enrollment, PriceChangeStatus.APPLIED, by=None, now=now)
        else:
            _close(change, PriceChangeStatus.WITHDRAWN, by=None, now=now)
    return change


@transaction.atomic
def remind(*, change_id: UUID, now: datetime) -> None:
    """Write once to the customer that a new price will hold soon."""
    change, enrollment = queries.lock_change(team=None, change_id=change_id)
    if change.is_open and change.reminded_at is None and enrollment.is_current:
        change.reminded_at = now
        change.save(update_fields=["reminded_at"])
        jobs.enqueue("marketplace.enrollments.write_price_change", change_id=str(change.pk))


def _is_rise(old: PriceVersion, new: PriceVersion) -> bool:
    """Return whether somebody could mind the new price; one in another currency is not compared."""
    return old.currency != new.currency or compare(old.price, new.price) == Direction.RISE


def _open(enrollment: Enrollment, wanted: PriceVersion, *, takes_effect_at: datetime, now: datetime) -> PriceChange:
    change = PriceChange.objects.create(
        enrollment=enrollment,
        old_price=enrollment.price,
        new_price=wanted,
        announced_at=now,
        takes_effect_at=takes_effect_at,
    )
    if takes_effect_at > now:
        jobs.enqueue("marketplace.enrollments.write_price_change", change_id=str(change.pk))
    return change


def _apply(
    change: PriceChange, enrollment: Enrollment, status: PriceChangeStatus, *, by: User | None, now: datetime
) -> None:
    enrollment.price = change.new_price
    enrollment.save(update_fields=["price", "updated_at"])
    _close(change, status, by=by, now=now)
    if change.new_price.currency != change.old_price.currency:
        wallets.open(team=enrollment.team, currency=change.new_price.currency)
    ports.publish("customer", str(enrollment.team_id))


def _close(change: PriceChange, status: PriceChangeStatus, *, by: User | None, now: datetime) -> None:
    change.status, change.closed_by, change.closed_at = status, by, now
    change.save(update_fields=["status", "closed_by", "closed_at"])
