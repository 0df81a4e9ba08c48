"""Writes of the books: post and reverse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from billing.ledger.models import Account, AccountKind, Entry, Transaction, TransactionKind
from common.errors import DomainError
from domain.money import Money


class KeyReused(DomainError):
    """An idempotency key came back with other content."""

    code = "idempotency_key_reused"
    sentence = "The idempotency key {key!r} stands for another transaction. Use a new key for a new transaction."


class AlreadyReversed(DomainError):
    """A transaction is reversed once."""

    code = "already_reversed"
    sentence = "The transaction was reversed before. Look for its reversal in the transaction list."


class CurrencyMismatch(DomainError):
    """The amount is not in the currency of the account."""

    code = "currency_mismatch"
    sentence = "The amount is in {got}, the account in {expected}. Give an amount in {expected}."


@dataclass(frozen=True, slots=True)
class Movement:
    """An amount from one account to another. amount: positive, rounded."""

    debit: Account
    credit: Account
    amount: Money


def account(*, kind: AccountKind, currency: str, owner: Team | None = None) -> Account:
    """Return the one account of that kind, made when it is asked for first."""
    found, _ = Account.objects.get_or_create(kind=kind, owner=owner, currency=currency)
    return found


@transaction.atomic
def post(
    *,
    key: str,
    kind: TransactionKind,
    movements: Sequence[Movement],
    effective_at: datetime,
    memo: str = "",
    by: User | None = None,
    reverses: Transaction | None = None,
) -> tuple[Transaction, bool]:
    """Return the transaction of `key`, and whether this call wrote it.

    Raises: KeyReused, CurrencyMismatch; IntegrityError for an amount that is no positive number.
    """
    for movement in movements:
        _check_currency(movement)
    written, created = Transaction.objects.get_or_create(
        idempotency_key=key,
        defaults={"kind": kind, "effective_at": effective_at, "memo": memo, "created_by": by, "reverses": reverses},
    )
    if not created:
        _check_same(written, kind, movements)
        return written, False
    Entry.objects.bulk_create(
        Entry(
            transaction=written,
            debit=movement.debit,
            credit=movement.credit,
            currency=movement.amount.currency,
            amount=movement.amount.amount,
        )
        for movement in movements
    )
    return written, True


@transaction.atomic
def reverse(*, original: Transaction, effective_at: datetime, memo: str, by: User | None = None) -> Transaction:
    """Post the movements of `original` the other way round. Raises: AlreadyReversed."""
    movements = [
        Movement(entry.credit, entry.debit, Money(entry.amount, entry.currency))
        for entry in original.entries.select_related("debit", "credit")
    ]
    reversal, created = post(
        key=f"reversal:{original.pk}",
        kind=TransactionKind.REVERSAL,
        movements=movements,
        effective_at=effective_at,
        memo=memo,
        by=by,
        reverses=original,
    )
    if not created:
        raise AlreadyReversed
    return reversal


def _check_currency(movement: Movement) -> None:
    for account in (movement.debit, movement.credit):
        if account.currency != movement.amount.currency:
            raise CurrencyMismatch(expected=account.currency, got=movement.amount.currency)


def _check_same(written: Transaction, kind: TransactionKind, movements: Sequence[Movement]) -> None:
    before = [(entry.debit_id, entry.credit_id, entry.currency, entry.amount) for entry in written.entries.all()]
    now = [(each.debit.pk, each.credit.pk, each.amount.currency, each.amount.amount) for each in movements]
    if written.kind != kind or before != now:
        raise KeyReused(key=written.idempotency_key)
