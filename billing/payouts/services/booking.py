"""The entries in the books: what is earned moves from revenue to the seller, a negative amount back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from accounts.teams.models import Team
from accounts.users.models import User
from billing.ledger import services as ledger
from billing.ledger.models import AccountKind, Transaction, TransactionKind
from domain.money import Money


def earn(
    *,
    seller: Team,
    amount: Money,
    kind: TransactionKind,
    key: str,
    memo: str,
    now: datetime,
    by: User | None = None,
) -> Transaction | None:
    """Post a signed amount to what the platform owes a seller; nothing for 0. The same key posts once."""
    if not amount.amount:
        return None
    revenue = ledger.account(kind=AccountKind.REVENUE, currency=amount.currency)
    payable = ledger.account(kind=AccountKind.SELLER_PAYABLE, owner=seller, currency=amount.currency)
    source, target = (revenue, payable) if amount.amount > Decimal(0) else (payable, revenue)
    movement = ledger.Movement(debit=source, credit=target, amount=Money(abs(amount.amount), amount.currency))
    posted, _ = ledger.post(key=key, kind=kind, movements=[movement], effective_at=now, memo=memo[:500], by=by)
    return posted
