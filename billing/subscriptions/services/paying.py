"""The money of a subscription: one fee, and the quota that it opens."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from billing.ledger import services as ledger
from billing.ledger.models import AccountKind, TransactionKind
from billing.promotions import services as promotions
from billing.subscriptions import queries
from billing.subscriptions.models import Fee, FeeKind, Plan, Subscription
from billing.wallets import queries as wallet_queries
from billing.wallets import services as wallets
from billing.wallets.models import Wallet
from common import jobs
from common.errors import DomainError
from domain.money import Money


class FeeUnaffordable(DomainError):
    """The wallet cannot pay the fee. missing: what it lacks."""

    code = "insufficient_funds"
    sentence = "{what} costs {fee}, and the wallet lacks {missing}. Top up under Billing, Wallet, then try again."


def lock(subscription_id: UUID) -> Subscription:
    """Return a subscription with its wallet, both locked, the wallet first."""
    wallet_id = Subscription.objects.values_list("wallet_id", flat=True).get(pk=subscription_id)
    wallet = wallet_queries.lock_wallet(wallet_id)
    subscription = queries.lock_subscription(subscription_id)
    subscription.wallet = wallet
    return subscription


def take_period_fee(
    *, subscription: Subscription, plan: Plan, number: int, starts_at: datetime, ends_at: datetime, now: datetime
) -> Fee:
    """Take the fee of one period out of the locked wallet and open its quota. Raises: FeeUnaffordable."""
    fee = Fee(kind=FeeKind.PERIOD, number=number, starts_at=starts_at, ends_at=ends_at, charged=plan.fee)
    return _take(subscription, plan, fee, quantity=plan.quantity, key=f"period {number}", now=now)


def take_upgrade_fee(
    *, subscription: Subscription, plan: Plan, charged: Decimal, credited: Decimal, quantity: Decimal, now: datetime
) -> Fee:
    """Take what a dearer plan costs for the rest of the period, and open the quota on top. Raises: FeeUnaffordable."""
    fee = Fee(
        kind=FeeKind.UPGRADE,
        number=subscription.number,
        starts_at=now,
        ends_at=subscription.ends_at,
        charged=charged,
        credited=credited,
    )
    return _take(subscription, plan, fee, quantity=quantity, key=f"upgrade to {plan.pk} at {now.isoformat()}", now=now)


def ask_for_money(wallet: Wallet) -> None:
    """Have the wallet looked at: it may have to be topped up, or its owner be told."""
    if wallet.attention_below is not None:
        jobs.enqueue("billing.payments.attend", wallet_id=str(wallet.pk))


def _take(subscription: Subscription, plan: Plan, fee: Fee, *, quantity: Decimal, key: str, now: datetime) -> Fee:
    wallet = subscription.wallet
    fee.subscription, fee.plan, fee.wallet, fee.paid_at = subscription, plan, wallet, now
    fee.service_id, fee.enrollment_id = subscription.service_id, subscription.enrollment_id
    fee.amount = fee.charged - fee.credited
    name = f"{plan.name}, {fee.get_kind_display().lower()}"
    if fee.amount > max(wallet.spendable, Decimal(0)):
        raise FeeUnaffordable(
            what=name,
            fee=_shown(fee.amount, wallet),
            missing=_shown(fee.amount - wallet.spendable, wallet),
            amount=fee.amount - wallet.spendable,
        )
    key = f"subscription {subscription.pk} {key}"
    if fee.amount:
        fee.transaction = wallets.withdraw(
            wallet=wallet,
            amount=Money(fee.amount, wallet.currency),
            target=ledger.account(kind=AccountKind.REVENUE, currency=wallet.currency),
            kind=TransactionKind.FEE,
            key=key,
            note=f"{name} to {fee.ends_at:%-d %b %Y}",
            by=None,
            now=now,
        )
        wallet.refresh_from_db()
        if wallet.attention_below is not None and wallet.available < wallet.attention_below:
            ask_for_money(wallet)
    if quantity:
        fee.allowance = promotions.grant_allowance(
            wallet_id=wallet.pk,
            enrollment_id=subscription.enrollment_id,
            name=plan.name,
            metric=plan.metric,
            included=quantity,
            starts_at=fee.starts_at,
            ends_at=fee.ends_at,
            key=key,
        )
    fee.save(force_insert=True)
    return fee


def _shown(amount: Decimal, wallet: Wallet) -> str:
    return f"{amount.normalize():f} {wallet.currency}"
