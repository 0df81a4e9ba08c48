"""Wallets with money, leases, price versions and usage events."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from accounts.teams.models import Team
from billing.prices import services as prices
from billing.prices.models import PriceVersion, Side
from billing.wallets import services as wallets
from billing.wallets.models import Wallet
from domain.money import Money
from domain.usage import UsageEvent
from tests.factories.accounts import TeamFactory

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def usd(amount: str | Decimal) -> Money:
    """Return an amount in US dollars."""
    return Money(Decimal(amount), "USD")


def funded_wallet(amount: str = "10", *, team: Team | None = None, credit_limit: str = "0") -> Wallet:
    """Return a wallet holding `amount`."""
    wallet = wallets.open(team=team or TeamFactory())
    if Decimal(amount):
        wallets.credit(wallet=wallet, amount=usd(amount), kind="grant", key=str(uuid4()), note="", by=None, now=NOON)
    if Decimal(credit_limit):
        wallets.set_credit_limit(wallet=wallet, limit=usd(credit_limit))
    return Wallet.objects.get(pk=wallet.pk)


class Process:
    """One life of a gateway, as far as the leases know it: calls the SQL functions."""

    def __init__(self, gateway_id: str = "gateway-1") -> None:
        self.gateway_id, self.incarnation = gateway_id, uuid4()

    def draw(
        self, wallet: Wallet, wanted: str, *, minimum: str | None = None, lease: UUID | None = None, ttl: int = 60
    ) -> tuple[UUID, Decimal, Decimal]:
        """Return the lease, what it was granted, and what the wallet could still bear."""
        lease = lease or uuid4()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT granted, spendable FROM lease_draw(%s, %s, %s, %s, %s, %s, %s)",
                [lease, wallet.pk, self.gateway_id, self.incarnation, Decimal(minimum or wanted), Decimal(wanted), ttl],
            )
            granted, spendable = cursor.fetchone()
        return lease, granted, spendable

    def give_back(self, lease: UUID, amount: str | Decimal, *, number: int | None = None) -> Decimal:
        return self._value("SELECT lease_return(%s, %s, %s)", lease, Decimal(amount), number)

    def renew(self, ttl: int = 60) -> set[UUID]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM lease_renew(%s, %s, %s)", [self.gateway_id, self.incarnation, ttl])
            return {lease for (lease,) in cursor.fetchall()}

    def retire_earlier(self) -> int:
        return self._value("SELECT lease_retire(%s, %s)", self.gateway_id, self.incarnation)

    @staticmethod
    def _value(statement: str, *arguments: object) -> Decimal:
        with connection.cursor() as cursor:
            cursor.execute(statement, arguments)
            return cursor.fetchone()[0]


def price_version(price: dict[str, object] | None = None, *, currency: str = "USD") -> PriceVersion:
    """Return a list price; unless said otherwise one dollar for each output token."""
    return prices.version(side=Side.LIST, currency=currency, price=price or {"type": "one_token", "price": "1"})


def usage_event(wallet: Wallet, price: PriceVersion, **facts: Any) -> UsageEvent:
    """Return the event of a completed call of one output token, with a hold of 100 and no lease."""
    event = UsageEvent(
        event_id=str(uuid4()),
        team_id=str(wallet.team_id),
        wallet_id=str(wallet.pk),
        service_id="00000000-0000-4000-8000-000000000001",
        enrollment_id=None,
        api_key_id=None,
        price_version_id=str(price.pk),
        currency="USD",
        channel=None,
        lease_id=None,
        hold=Decimal(100),
        usage={"output_tokens": 1},
        status=200,
        outcome="completed",
        flags=(),
        started_at=NOON,
        finished_at=NOON + timedelta(seconds=1),
        gateway_id="gateway-1",
    )
    return replace(event, **{name: str(fact) if isinstance(fact, UUID) else fact for name, fact in facts.items()})


def ship(*events: UsageEvent) -> int:
    """Put events into the usage inbox, as a gateway does. Returns how many were new."""
    return ship_raw([(e.event_id, e.wallet_id, e.lease_id, json.dumps(e.to_json())) for e in events])


def ship_raw(rows: list[tuple[object, object, object, str]]) -> int:
    """Put rows of (event id, wallet id, lease id, payload) into the usage inbox."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT usage_inbox_insert('gateway-1', %s::uuid[], %s::uuid[], %s::uuid[], %s)", columns)
        return int(cursor.fetchone()[0])
