"""Writes of wallets: open, put money in, take money out, undo a movement, set the credit limit, note what is left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection, models, transaction

from accounts.teams.models import Team
from accounts.users.models import User
from billing.ledger import queries as books
from billing.ledger import services as ledger
from billing.ledger.models import Account, AccountKind, Transaction, TransactionKind
from billing.wallets import queries, remainders
from billing.wallets.models import Wallet, WalletEntry
from common import ports
from common.errors import DomainError, NotFound
from domain import periods
from domain.money import QUANTUM, Money


class CreditKind(models.TextChoices):
    GRANT = "grant", "Credit granted"
    PAYMENT = "payment", "Payment received"


#: Where the money of a credit comes from.
_SOURCE = {CreditKind.GRANT: AccountKind.GRANTED_CREDIT, CreditKind.PAYMENT: AccountKind.BANK}
_BALANCES_KEPT = timedelta(days=35)


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
def take_back(
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
    """Move money out of a wallet that is gone already, even if it was spent: the wallet falls below its floor then.

    A bank that takes a payment back asks nobody. A second call with the same `key` posts nothing.
    Raises: AmountInvalid, ledger.CurrencyMismatch, ledger.KeyReused.
    """
    _check_amount(amount.amount)
    wallet = queries.lock_wallet(wallet.pk)
    movement = ledger.Movement(debit=wallet.account, credit=target, amount=amount)
    written, created = ledger.post(key=key, kind=kind, movements=[movement], effective_at=now, memo=note, by=by)
    if created:
        wallet.overdrawn = max(amount.amount - wallet.spendable, Decimal(0))
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
    if delta < 0 and wallet.spendable + delta < 0:
        raise MoneyInUse(needed=_needed(wallet), most=Money(max(wallet.spendable, Decimal(0)), wallet.currency))
    reversal = ledger.reverse(original=original, effective_at=now, memo=note, by=by)
    _enter(wallet, reversal, delta)
    return reversal


@transaction.atomic
def freeze_usage(
    *,
    wallet: Wallet,
    charged: Decimal,
    movements: Sequence[ledger.Movement],
    key: str,
    note: str,
    effective_at: datetime,
    next_period: date,
) -> Transaction | None:
    """Move the usage of a month, which its statement lists, into the ledger, and open the next month.

    charged: what the charges of the month sum up to. movements: one for each line that has an amount, out of the
    wallet for usage and into it for a promotion. Returns None when there are none. The next month runs in the time
    zone that the team has now. Raises: ledger.KeyReused, ledger.CurrencyMismatch.
    """
    wallet = queries.lock_wallet(wallet.pk)
    wallet.usage -= charged
    wallet.open_period = next_period
    former_zone, wallet.time_zone = wallet.time_zone, _usable_zone(wallet)
    opened = ["open_period", "time_zone"]
    written, total = None, Decimal(0)
    if movements:
        written, _ = ledger.post(
            key=key, kind=TransactionKind.USAGE, movements=movements, effective_at=effective_at, memo=note
        )
        total = -books.net(written, wallet.account)
    if written is not None and total:
        # in one update with what leaves `settled`: between two, the wallet could seem to be below its floor
        _enter(wallet, written, -total, "usage", *opened)
    else:
        wallet.save(update_fields=["usage", *opened])
    if wallet.time_zone != former_zone:
        ports.publish("customer", str(wallet.team_id))
    return written


@transaction.atomic
def set_credit_limit(*, wallet: Wallet, limit: Money) -> Wallet:
    """Let a wallet fall to `limit` below zero. Raises: AmountInvalid, ledger.CurrencyMismatch, MoneyInUse."""
    if limit.amount:
        _check_amount(limit.amount)
    wallet = queries.lock_wallet(wallet.pk)
    if limit.currency != wallet.currency:
        raise ledger.CurrencyMismatch(expected=wallet.currency, got=limit.currency)
    if limit.amount < min(wallet.credit_limit, wallet.credit_limit - wallet.spendable):
        raise MoneyInUse(needed=_needed(wallet), most=Money(max(wallet.spendable, Decimal(0)), wallet.currency))
    wallet.credit_limit = limit.amount
    wallet.save(update_fields=["credit_limit"])
    return wallet


@transaction.atomic
def set_attention(*, wallet: Wallet, below: Decimal | None) -> None:
    """Have the wallet looked at when a settlement leaves less than `below` available; None: never."""
    wallet = queries.lock_wallet(wallet.pk)
    if wallet.attention_below != below:
        wallet.attention_below = below
        wallet.save(update_fields=["attention_below"])


def note_daily_balances(*, now: datetime) -> int:
    """Write down what is available in every wallet today, once. Forgets what is older than five weeks.

    Returns how many wallets were noted. From two such notes follows what was spent between them.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO wallets_dailybalance (wallet_id, date, taken_at, available, seq)"
            " SELECT id, %s, %s, settled - usage, seq FROM wallets_wallet ON CONFLICT DO NOTHING",
            [now.date(), now],
        )
        noted = int(cursor.rowcount)
        cursor.execute("DELETE FROM wallets_dailybalance WHERE date < %s", [(now - _BALANCES_KEPT).date()])
    return noted


def _usable_zone(wallet: Wallet) -> str:
    """Return the team's time zone; the one that the wallet has, when there is no such zone."""
    try:
        return periods.zone(wallet.team.timezone).key
    except periods.UnknownZone:
        return wallet.time_zone


def _enter(wallet: Wallet, written: Transaction, delta: Decimal, *changed: str) -> None:
    """Add the line to the transaction list of a locked wallet. changed: what else of it is to be saved."""
    wallet.seq += 1
    wallet.settled += delta
    wallet.save(update_fields=["seq", "settled", "overdrawn", *changed])
    granted = remainders.granted_after(wallet, written, delta)
    WalletEntry.objects.create(
        wallet=wallet,
        seq=wallet.seq,
        transaction=written,
        delta=delta,
        balance_after=wallet.settled,
        available_after=None if granted is None else wallet.available,
        granted_after=granted,
    )


def _check_amount(amount: Decimal) -> None:
    if not QUANTUM <= amount <= Decimal(10) ** 9:
        raise AmountInvalid(amount=amount, rule="a positive amount of at most 1,000,000,000")
    if amount != amount.quantize(QUANTUM):
        raise AmountInvalid(amount=amount, rule="at most twelve decimal places")


def _needed(wallet: Wallet) -> Money:
    return Money(wallet.usage + wallet.held, wallet.currency)
