"""What the platform owes a seller, and how much of it may be paid out. Everything from the books."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from django.db.models import Sum

from accounts.teams.models import Team
from billing.ledger import queries as books
from billing.ledger.models import Account, AccountKind
from billing.payouts.models import PAID, Invoice, InvoiceState, Payout
from common.amounts import minor_places

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Balance:
    """A seller's three numbers in one currency.

    current: what the books owe. reserved: earnings of invoices younger than the payout window.
    available: current - reserved, never below 0. payable: available in whole coins, what a payout sends.
    """

    currency: str
    current: Decimal
    reserved: Decimal

    @property
    def available(self) -> Decimal:
        return max(self.current - self.reserved, _ZERO)

    @property
    def payable(self) -> Decimal:
        coin = Decimal(1).scaleb(-minor_places(self.currency))
        return self.available.quantize(coin, rounding=ROUND_DOWN)


def balance(*, seller: Team, currency: str) -> Balance:
    """Return what a seller has in one currency."""
    account = Account.objects.filter(kind=AccountKind.SELLER_PAYABLE, owner=seller, currency=currency).first()
    current = books.balance(account) if account else _ZERO
    held_back = Invoice.objects.filter(seller=seller, currency=currency, state=InvoiceState.FINALIZED, earned__gt=0)
    reserved = held_back.aggregate(total=Sum("earned"))["total"] or _ZERO
    return Balance(currency, current, reserved)


def balances(*, seller: Team) -> list[Balance]:
    """Return what a seller has in every currency that anything was ever earned in; USD when there is none."""
    owned = Account.objects.filter(kind=AccountKind.SELLER_PAYABLE, owner=seller).order_by("currency")
    currencies = list(owned.values_list("currency", flat=True)) or ["USD"]
    return [balance(seller=seller, currency=each) for each in currencies]


def paid_out(*, seller: Team, currency: str) -> Decimal:
    """Return what was ever paid out to a seller, less what came back."""
    found = Payout.objects.filter(seller=seller, currency=currency, state__in=PAID)
    return found.aggregate(total=Sum("amount"))["total"] or _ZERO
