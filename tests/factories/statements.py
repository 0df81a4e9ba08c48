"""Months of a wallet: usage at a time, movements at a time, and their closing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from billing.ledger import services as ledger
from billing.ledger.models import AccountKind, TransactionKind
from billing.rating import services as rating
from billing.statements import services as statements
from billing.statements.models import Statement
from billing.wallets import services as wallets
from billing.wallets.models import Wallet
from domain.money import Money
from tests.factories.billing import price_version, ship, usage_event

CHAT = UUID("00000000-0000-4000-8000-000000000001")
IMAGES = UUID("00000000-0000-4000-8000-000000000002")
#: A dollar for each output token; every event of the factories may cost up to a hundred.
PRICE = {"type": "one_million_tokens", "input": "0", "output": "1000000"}


def at(text: str) -> datetime:
    """Return an instant, in UTC unless it says otherwise: at("2026-11-30 23:30")."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def used(wallet: Wallet, dollars: int | str, when: datetime, **facts: Any) -> None:
    """Let a call that ended at `when` be charged so many dollars, or parts of one: used(w, "0.004", ...)."""
    price = price_version({"type": "constant", "price": str(dollars)}, currency=wallet.currency)
    facts = {"service_id": CHAT, "usage": {"output_tokens": 7}, "currency": wallet.currency, **facts}
    hold = max(Decimal(dollars), Decimal(1))
    ship(usage_event(wallet, price, started_at=when - timedelta(seconds=1), finished_at=when, hold=hold, **facts))
    rating.settle(limit=10)


def moved(wallet: Wallet, amount: str, kind: TransactionKind, when: datetime, note: str = "") -> None:
    """Move money into a wallet, or with a minus out of it."""
    account = ledger.account(
        kind=AccountKind.REVENUE if kind == TransactionKind.FEE else AccountKind.CARD_CLEARING,
        currency=wallet.currency,
    )
    money, key = Money(abs(Decimal(amount)), wallet.currency), str(uuid4())
    if amount.startswith("-"):
        wallets.withdraw(wallet=wallet, amount=money, target=account, kind=kind, key=key, note=note, by=None, now=when)
    else:
        wallets.deposit(wallet=wallet, amount=money, source=account, kind=kind, key=key, note=note, by=None, now=when)


def opened(team: Any, when: datetime, currency: str = "USD") -> Wallet:
    """Return a wallet that the team has had since then, in its time zone."""
    wallet = wallets.open(team=team, currency=currency)
    Wallet.objects.filter(pk=wallet.pk).update(created_at=when)
    return Wallet.objects.get(pk=wallet.pk)


def closed(wallet: Wallet, now: datetime) -> list[Statement]:
    """Close every month that has ended."""
    return statements.close_due(wallet=wallet, now=now)
