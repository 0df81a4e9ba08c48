"""Writes of wallets: open, put money in, take money out, take a credit back, set the credit limit."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import models, transaction

from accounts.teams.models import Team
from accounts.users.models import User
from billing.ledger import queries as books
from billing.ledger import services as ledger
from billing.ledger.models import Account, AccountKind, Transaction, TransactionKind
from billing.wallets import queries
from billing.wallets.models import Wallet, WalletEntry
from common import ports
from common.errors import DomainError, NotFound
from domain.money import QUANTUM, Money


class CreditKind(models.TextChoices):
    GRANT = "grant", "Credit granted"
    PAYMENT = "payment", "Payment received"


#: Where the money of a credit comes from.
_SOURCE = {CreditKind.GRANT: AccountKind.GRANTED_CREDIT, CreditKind.PAYMENT: AccountKind.BANK}


class CurrencyInvalid(DomainError):
    """A currency is written as its code."""

    code = "invalid_currency"
    sentence = "{currency!r} is not a currency code. Give three to seven capital letters, such as USD."


class AmountInvalid(DomainError):
    """The amount does not fit the books."""

    code = "invalid_amount"
    sentence = "{amount} is not an amount to book. Give {rule}."


class MoneyInUse(DomainError):
    """The wallet would fall below its floor."""

    code = "money_in_use"
    sentence = "{needed} of the wallet is spent or promised to calls under way. At most {most} can be taken away now."


@transaction.atomic
def open(*, team: Team, currency: str = "USD") -> Wallet:
    """Return the team's wallet in `currency`, opened now if there is none. Raises: CurrencyInvalid."""
    if not (3 <= len(currency) <= 7 and currency.isascii() and currency.isalpha() and currency.isupper()):
        raise CurrencyInvalid(currency=currency)
    account = ledger.account(kind=AccountKind.WALLET, owner=team, currency=currency)
    wallet, created = Wallet.objects.get_or_create(
        team=team, currency=currency, defaults={"account": account, "time_zone": team.timezone}
    )
    if created:
        ports.publish("customer", str(team.pk))
    return wallet


@transaction.atomic
def credit(
    *, wallet: Wallet, amount: Money, kind: CreditKind | str, key: str, note: str, by: User | None, now: datetime
) -> Transaction:
    """Put money into a wallet. A second call with the same `key` returns the first transaction and posts nothing.

    amount: positive, in the wallet's currency, at most twelve decimal places.
    Raises: AmountInvalid, ledger.CurrencyMismatch, ledger.KeyReused.
    """
    source = ledger.account(kind=_SOURCE[CreditKind(kind)], currency=wallet.currency)
    return deposit(
        wallet=wallet, amount=amount, source=source, kind=TransactionKind(kind), key=key, note=note, by=by, now=now
    )


@transaction.atomic
def deposit(
    *,
    wallet: Wallet,
    amount: Money,
    source: Account,
    kind: TransactionKind,
    key: str,
    note: str,
    by: User | None,
    now: datetime,
) -> Transaction:
    """Move money from another account into a wallet. A second call with the same `key` posts nothing.

    Raises: AmountInvalid, ledger.CurrencyMismatch, ledger.KeyReused.
    """
    _check_amount(amount.amount)
    wallet = queries.lock_wallet(wallet.pk)
    movement = ledger.Movement(debit=source, credit=wallet.account, amount=amount)
    written, created = ledger.post(key=key, kind=kind, movements=[movement], effective_at=now, memo=note, by=by)
    if created:
        _enter(wallet, written, amount.amount)
    return written


@transaction.atomic
def withdraw(
    *,
    wallet: Wallet,
    amount: Money,
    target: Account,
    kind: TransactionKind,
    key: str,
    note: str,
    by: User | None,
    now: datetime,
) -> Transaction:
    """Move money out of a wallet that is neither spent nor promised. A second call with the same `key` posts nothing.

    Raises: AmountInvalid, MoneyInUse, ledger.CurrencyMismatch, ledger.KeyReused.
    """
    _check_amount(amount.amount)
    wallet = queries.lock_wallet(wallet.pk)
    movement = ledger.Movement(debit=wallet.account, credit=target, amount=amount)
    written, created = ledger.post(key=key, kind=kind, movements=[movement], effective_at=now, memo=note, by=by)
    if created:
        if amount.amount > wallet.spendable:
            raise MoneyInUse(needed=_needed(wallet), most=Money(max(wallet.spendable, Decimal(0)), wallet.currency))
        _enter(wallet, written, -amount.amount)
    return written


@transaction.atomic
def reverse(*, wallet: Wallet, original: Transaction, note: str, by: User | None, now: datetime) -> Transaction:
    """Take back what a transaction brought into (or took out of) a wallet.

    Raises: NotFound for a transaction of other wallets, MoneyInUse, ledger.AlreadyReversed.
    """
    wallet = queries.lock_wallet(wallet.pk)
    delta = -books.net(original, wallet.account)
    if not delta:
        raise NotFound(what="transaction")
    if wallet.spendable + delta < 0:
        raise MoneyInUse(needed=_needed(wallet), most=Money(wallet.spendable, wallet.currency))
    reversal = ledger.reverse(original=original, effective_at=now, memo=note, by=by)
    _enter(wallet, reversal, delta)
    return reversal


@transaction.atomic
def set_credit_limit(*, wallet: Wallet, limit: Money) -> Wallet:
    """Let a wallet fall to `limit` below zero. Raises: AmountInvalid, ledger.CurrencyMismatch, MoneyInUse."""
    if limit.amount:
        _check_amount(limit.amount)
    wallet = queries.lock_wallet(wallet.pk)
    if limit.currency != wallet.currency:
        raise ledger.CurrencyMismatch(expected=wallet.currency, got=limit.currency)
    if limit.amount < wallet.credit_limit - wallet.spendable:
        raise MoneyInUse(needed=_needed(wallet), most=Money(wallet.spendable, wallet.currency))
    wallet.credit_limit = limit.amount
    wallet.save(update_fields=["credit_limit"])
    return wallet


def _enter(wallet: Wallet, written: Transaction, delta: Decimal) -> None:
    """Add the line to the transaction list of a locked wallet."""
    wallet.seq += 1
    wallet.settled += delta
    wallet.save(update_fields=["seq", "settled"])
    WalletEntry.objects.create(
        wallet=wallet, seq=wallet.seq, transaction=written, delta=delta, balance_after=wallet.settled
    )


def _check_amount(amount: Decimal) -> None:
    if not QUANTUM <= amount <= Decimal(10) ** 9:
        raise AmountInvalid(amount=amount, rule="a positive amount of at most 1,000,000,000")
    if amount != amount.quantize(QUANTUM):
        raise AmountInvalid(amount=amount, rule="at most twelve decimal places")


def _needed(wallet: Wallet) -> Money:
    return Money(wallet.usage + wallet.held, wallet.currency)
