"""Reads of wallets, always from the team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.teams.models import Team
from billing.wallets.models import Wallet, WalletEntry
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


def transactions(*, team: Team, currency: str = "USD") -> QuerySet[WalletEntry]:
    """Return the movements of a wallet, newest first; `balance_after` is the running balance."""
    return (
        WalletEntry.objects.filter(wallet__team=team, wallet__currency=currency)
        .select_related("transaction", "wallet")
        .order_by("-seq")
    )
