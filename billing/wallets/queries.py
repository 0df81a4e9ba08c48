"""Reads of wallets, always from the team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Now

from accounts.teams.models import Team
from billing.ledger.models import TransactionKind
from billing.wallets import remainders
from billing.wallets.models import DailyBalance, Wallet, WalletEntry
from common.errors import NotFound


@dataclass(frozen=True, slots=True)
class ThreeNumbers:
    """What a customer sees of a wallet: `settled` money, `usage` of the open period, `credit_limit`; and what follows.

    available: settled - usage. spendable: available + credit_limit - held, what a new call may be promised.
    """

    currency: str
    settled: Decimal
    usage: Decimal
    credit_limit: Decimal
    held: Decimal
    as_of: datetime

    @property
    def available(self) -> Decimal:
        return self.settled - self.usage

    @property
    def spendable(self) -> Decimal:
        return self.available + self.credit_limit - self.held


@dataclass(frozen=True, slots=True)
class DailySpending:
    """What a day costs on average, since when that was measured, and what is available."""

    per_day: Decimal
    since: datetime
    available: Decimal

    @property
    def days_left(self) -> int | None:
        """How many whole days the money lasts at this rate; None when nothing is spent."""
        if not self.per_day:
            return None
        return max(int(self.available / self.per_day), 0)


#: What customers spend. Usage was taken from `available` when it happened; its entry only moves it onto a statement.
SPENT = (TransactionKind.USAGE, TransactionKind.FEE)


def wallets(*, team: Team) -> QuerySet[Wallet]:
    """Return the wallets of a team, one per currency."""
    return Wallet.objects.filter(team=team).order_by("currency")


def wallet(*, team: Team, currency: str = "USD") -> Wallet:
    """Return the wallet of a team. Raises: NotFound."""
    found = wallets(team=team).filter(currency=currency).first()
    if found is None:
        raise NotFound(what=f"{currency} wallet")
    return found


def lock_wallet(wallet_id: UUID) -> Wallet:
    """Return the wallet as it is now, locked until the transaction ends."""
    return Wallet.objects.select_for_update(of=("self",), no_key=True).get(pk=wallet_id)


def three_numbers(*, team: Team, currency: str = "USD") -> ThreeNumbers:
    """Return the numbers of a wallet, read at one instant. Raises: NotFound."""
    row = (
        Wallet.objects.filter(team=team, currency=currency)
        .annotate(read_at=Now())
        .values_list("currency", "settled", "usage", "credit_limit", "held", "read_at")
        .first()
    )
    if row is None:
        raise NotFound(what=f"{currency} wallet")
    return ThreeNumbers(*row)


def numbers_of(wallet: Wallet, *, now: datetime) -> ThreeNumbers:
    """Return the numbers of a wallet that has just been read."""
    return ThreeNumbers(wallet.currency, wallet.settled, wallet.usage, wallet.credit_limit, wallet.held, now)


def unspent_paid(wallet: Wallet) -> Decimal:
    """Return how much of what is available was paid for, and is not promised to calls under way. Never below 0."""
    return max(wallet.available - wallet.held - remainders.granted_now(wallet), Decimal(0))


def daily_spending(wallet: Wallet, *, now: datetime, days: int = 7) -> DailySpending:
    """Return what a day has cost on average in the last `days`, or since the wallet was opened when that is later.

    It follows from two balances and what was put in and taken out between them: usage and fees are the rest.
    """
    noted = (
        DailyBalance.objects.filter(wallet=wallet, taken_at__lte=now - timedelta(days=days))
        .order_by("-taken_at")
        .values_list("taken_at", "available", "seq")
        .first()
    )
    since, available, seq = noted or (wallet.created_at, Decimal(0), 0)
    moved = (
        WalletEntry.objects.filter(wallet=wallet, seq__gt=seq)
        .exclude(transaction__kind__in=SPENT)
        .aggregate(total=Sum("delta"))["total"]
    )
    spent = available + (moved or Decimal(0)) - wallet.available
    elapsed = max(Decimal((now - since).total_seconds()) / 86_400, Decimal(1))
    return DailySpending(per_day=max(spent, Decimal(0)) / elapsed, since=since, available=wallet.available)


def money_in(*, team: Team) -> QuerySet[WalletEntry]:
    """Return the movements that put money into the wallets of a team."""
    return WalletEntry.objects.filter(wallet__team=team, delta__gt=0).order_by()


def used(*, team: Team) -> QuerySet[Wallet]:
    """Return the wallets of a team out of which a call was ever paid: now, or on a statement."""
    billed = WalletEntry.objects.filter(wallet=OuterRef("pk"), transaction__kind=TransactionKind.USAGE)
    return Wallet.objects.filter(Q(usage__gt=0) | Exists(billed), team=team).order_by()


def transactions(*, team: Team, currency: str = "USD") -> QuerySet[WalletEntry]:
    """Return the movements of a wallet, newest first; `balance_after` is the running balance."""
    return (
        WalletEntry.objects.filter(wallet__team=team, wallet__currency=currency)
        .select_related("transaction", "wallet")
        .order_by("-seq")
    )
