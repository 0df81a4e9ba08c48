"""Asking for a payout: the checks, the entry in the books, and only then the transfer."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from billing.ledger import services as ledger
from billing.ledger.models import AccountKind, TransactionKind
from billing.payouts import queries
from billing.payouts.models import Payout, PayoutOrigin, PayoutState, SellerAccount
from billing.payouts.services.errors import (
    AccountMissing,
    AccountRestricted,
    BalanceNegative,
    BalanceTooSmall,
    NotPayable,
    PayoutUnderWay,
    SellerClosed,
)
from common import jobs
from common.amounts import written
from domain.money import Money


@transaction.atomic
def request(*, seller: Team, currency: str, origin: PayoutOrigin, by: User | None, now: datetime) -> Payout:
    """Pay out all that is available. The books say so first; a job sends the money once this has committed.

    Raises: SellerClosed, AccountMissing, AccountRestricted, PayoutUnderWay, BalanceNegative, BalanceTooSmall.
    Source: docs/algorithms/payouts.md, "A payout".
    """
    account = queries.lock_account(seller)
    amount = payable(account=account, currency=currency)
    payout = Payout(
        seller=seller,
        currency=currency,
        amount=amount.amount,
        origin=origin,
        processor_account=account.processor_account,
        requested_at=now,
        next_attempt_at=now,
        requested_by=by,
    )
    movement = ledger.Movement(
        debit=ledger.account(kind=AccountKind.SELLER_PAYABLE, owner=seller, currency=currency),
        credit=ledger.account(kind=AccountKind.CARD_CLEARING, currency=currency),
        amount=amount,
    )
    payout.transaction, _ = ledger.post(
        key=f"payout:{payout.pk}", kind=TransactionKind.PAYOUT, movements=[movement], effective_at=now, by=by
    )
    payout.save(force_insert=True)
    account.skip_reason, account.skips, account.retry_after = "", 0, None
    account.save(update_fields=["skip_reason", "skips", "retry_after"])
    jobs.enqueue("billing.payouts.send", payout_id=str(payout.pk))
    return payout


def payable(*, account: SellerAccount, currency: str) -> Money:
    """Return what a payout would send now. Raises: what stands in its way, as `request` does."""
    seller = account.seller
    if not seller.is_active:
        raise SellerClosed()
    if not account.processor_account:
        raise AccountMissing()
    if not account.can_be_paid:
        asked = ", ".join(account.requirements) or "nothing more, it is checking what it has"
        raise AccountRestricted(requirements=asked)
    under_way = (PayoutState.PENDING, PayoutState.REVERSING)
    if Payout.objects.filter(seller=seller, currency=currency, state__in=under_way).exists():
        raise PayoutUnderWay()
    balance = queries.balance(seller=seller, currency=currency)
    if balance.current < 0:
        raise BalanceNegative(balance=f"{written(balance.current, currency)} {currency}")
    if balance.payable < max(minimum(), Decimal("0.01")):
        raise BalanceTooSmall(
            available=f"{written(balance.payable, currency)} {currency}",
            minimum=f"{written(minimum(), currency)} {currency}",
        )
    return Money(balance.payable, currency)


def hindrance(*, account: SellerAccount, currency: str) -> str:
    """Return why nothing can be paid out now, in a sentence; nothing when it can."""
    try:
        payable(account=account, currency=currency)
    except NotPayable as error:
        return error.message
    return ""


def minimum() -> Decimal:
    """Return the smallest payout, in every currency alike."""
    return Decimal(settings.PAYOUT_MINIMUM)
