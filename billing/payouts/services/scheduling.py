"""Payouts that nobody asks for: at a threshold, every week, every month."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from billing.payouts import queries
from billing.payouts.models import Payout, PayoutOrigin, PayoutSchedule, SellerAccount
from billing.payouts.services.errors import BalanceTooSmall, NotPayable, PayoutUnderWay
from billing.payouts.services.paying import request
from billing.payouts.services.sending import back_off
from common import jobs
from domain import periods

_MONDAY = 0


@transaction.atomic
def run_schedule(*, account_id: str, now: datetime) -> list[Payout]:
    """Pay out a seller's currencies when the schedule says so. Who cannot be paid is passed over, and told once why."""
    account = SellerAccount.objects.select_related("seller").get(pk=account_id)
    account = queries.lock_account(account.seller)
    if not _is_due(account, now):
        return []
    paid, refusals = [], []
    for balance in queries.balances(seller=account.seller):
        is_short = balance.current >= 0 and balance.available < account.threshold
        if account.schedule == PayoutSchedule.THRESHOLD and is_short:
            continue
        origin = PayoutOrigin.THRESHOLD if account.schedule == PayoutSchedule.THRESHOLD else PayoutOrigin.SCHEDULE
        try:
            paid.append(request(seller=account.seller, currency=balance.currency, origin=origin, by=None, now=now))
        except PayoutUnderWay:
            continue
        except NotPayable as refusal:
            refusals.append(refusal)
    _plan(account, now)
    if refusals and not paid:
        _pass_over(account, refusals[0], now)
    return paid


def next_date(schedule: str, today: date) -> date | None:
    """Return the next day on which a schedule pays, after `today`."""
    if schedule == PayoutSchedule.WEEKLY:
        return today + timedelta(days=7 - (today.weekday() - _MONDAY) % 7)
    if schedule == PayoutSchedule.MONTHLY:
        return periods.following(today.replace(day=1))
    return None


def _is_due(account: SellerAccount, now: datetime) -> bool:
    return queries.due_accounts(now=now).filter(pk=account.pk).exists()


def _plan(account: SellerAccount, now: datetime) -> None:
    account.scheduled_for = next_date(account.schedule, now.date())
    account.save(update_fields=["scheduled_for"])


def _pass_over(account: SellerAccount, refusal: NotPayable, now: datetime) -> None:
    """Rest longer each time, and tell a reason once. That little is available is no news to anybody."""
    account.refresh_from_db(fields=["skips", "skip_reason"])
    is_news = account.skip_reason != refusal.message and not isinstance(refusal, BalanceTooSmall)
    account.skips = min(account.skips + 1, 1000)
    account.skip_reason, account.retry_after = refusal.message[:500], now + back_off(account.skips)
    account.save(update_fields=["skips", "skip_reason", "retry_after"])
    if is_news:
        jobs.enqueue("billing.payouts.tell_passed_over", account_id=str(account.pk))
