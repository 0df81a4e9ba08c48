"""Reads of the books."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from billing.ledger.models import Account, Entry, Transaction


def posted(key: str) -> Transaction | None:
    """Return the transaction of an idempotency key."""
    return Transaction.objects.filter(idempotency_key=key).first()


def balance(account: Account) -> Decimal:
    """Return credits less debits: for a wallet's account, what the platform owes its owner."""
    credited = Entry.objects.filter(credit=account).aggregate(total=Sum("amount"))["total"] or Decimal(0)
    debited = Entry.objects.filter(debit=account).aggregate(total=Sum("amount"))["total"] or Decimal(0)
    return Decimal(credited) - Decimal(debited)


def net(transaction: Transaction, account: Account) -> Decimal:
    """Return what one transaction moved into `account` (negative: out of it)."""
    moved = Decimal(0)
    for entry in transaction.entries.all():
        if entry.credit_id == account.pk:
            moved += entry.amount
        if entry.debit_id == account.pk:
            moved -= entry.amount
    return moved
