"""The seller's account with the processor, and how they want to be paid."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts.teams.models import Team
from billing.payments.processor import PayoutAccount, Processor, ProcessorError, RequestRefused
from billing.payouts import queries
from billing.payouts.models import PayoutSchedule, SellerAccount
from billing.payouts.services.errors import AccountMissing, ProcessorAway, ProcessorRefused
from billing.payouts.services.scheduling import next_date
from common.errors import DomainError, Invalid


class SellersOnly(DomainError):
    """Customers earn nothing."""

    code = "sellers_only"
    sentence = "Only sellers are paid out. Switch to a seller's team."


def connect(*, seller: Team, country: str, email: str, processor: Processor, now: datetime) -> SellerAccount:
    """Open the seller's account with the processor, once. Raises: SellersOnly, ProcessorAway, ProcessorRefused."""
    if not seller.is_seller:
        raise SellersOnly()
    account = queries.account_of(seller=seller)
    if account.processor_account:
        return account
    try:
        opened = processor.create_payout_account(
            key=f"payout_account:{seller.pk}:{country}", email=email, country=country, reference=str(seller.pk)
        )
    except RequestRefused as error:
        raise ProcessorRefused(reason=str(error)) from error
    except ProcessorError as error:
        raise ProcessorAway() from error
    return _store(seller, opened, now)


def onboarding_page(*, seller: Team, return_url: str, refresh_url: str, processor: Processor) -> str:
    """Return where the seller gives the processor what it asks for.

    Raises: AccountMissing, ProcessorAway, ProcessorRefused.
    """
    account = queries.account_of(seller=seller)
    if not account.processor_account:
        raise AccountMissing()
    try:
        return processor.open_payout_account_page(
            account_id=account.processor_account, return_url=return_url, refresh_url=refresh_url
        )
    except RequestRefused as error:
        raise ProcessorRefused(reason=str(error)) from error
    except ProcessorError as error:
        raise ProcessorAway() from error


def refresh_account(*, seller: Team, processor: Processor, now: datetime) -> SellerAccount:
    """Ask the processor whether the seller can be paid, and what it still wants.

    Raises: AccountMissing, ProcessorAway, ProcessorRefused.
    """
    account = queries.account_of(seller=seller)
    if not account.processor_account:
        raise AccountMissing()
    try:
        found = processor.payout_account(account.processor_account)
    except RequestRefused as error:
        raise ProcessorRefused(reason=str(error)) from error
    except ProcessorError as error:
        raise ProcessorAway() from error
    return _store(seller, found, now)


@transaction.atomic
def choose_schedule(*, seller: Team, schedule: PayoutSchedule, threshold: Decimal, now: datetime) -> SellerAccount:
    """Say when payouts are made without being asked for. Raises: SellersOnly, Invalid."""
    if not seller.is_seller:
        raise SellersOnly()
    if not 0 < threshold < 10**9:
        raise Invalid(["The threshold is an amount above 0. Give one such as 100."])
    account = queries.lock_account(seller)
    account.schedule, account.threshold = schedule, threshold
    account.scheduled_for, account.retry_after, account.skips = next_date(schedule, now.date()), None, 0
    account.save(update_fields=["schedule", "threshold", "scheduled_for", "retry_after", "skips"])
    return account


@transaction.atomic
def set_window(*, seller: Team, days: int | None) -> SellerAccount:
    """Give a seller a payout window of their own, in days; None: the general one."""
    account = queries.lock_account(seller)
    account.payout_window_days = days
    account.save(update_fields=["payout_window_days"])
    return account


@transaction.atomic
def _store(seller: Team, found: PayoutAccount, now: datetime) -> SellerAccount:
    account = queries.lock_account(seller)
    if account.processor_account not in {"", found.id}:
        return account
    if found.can_be_paid and not account.can_be_paid:
        account.retry_after = None
    account.processor_account, account.country = found.id, found.country[:2]
    account.can_be_paid, account.requirements = found.can_be_paid, list(found.requirements)
    account.checked_at = now
    account.save()
    return account
