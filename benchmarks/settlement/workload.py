"""The rows that are settled: wallets with a lease each, and events spread over them."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID, uuid4

from django.db import connection

from accounts.teams.models import Team
from billing.ledger.models import Account
from billing.prices import services as prices
from billing.prices.models import PriceVersion, Side
from billing.wallets.models import Lease, Wallet
from domain.usage import UsageEvent

_SERVICES = [str(UUID(int=number)) for number in range(1, 6)]
_STARTED = datetime(2026, 11, 1, tzinfo=UTC)
_sequence = count(1)


@dataclass(frozen=True, slots=True)
class Purse:
    """A wallet with the lease that its events are charged to."""

    wallet_id: str
    team_id: str
    lease_id: str


def purses(number: int) -> list[Purse]:
    """Write wallets with plenty of money, each with an open lease of it, and return them."""
    stamp = uuid4().hex[:8]
    teams = Team.objects.bulk_create(Team(kind="customer", name=f"bench-{stamp}-{n}") for n in range(number))
    accounts = Account.objects.bulk_create(Account(kind="wallet", owner=team, currency="USD") for team in teams)
    wallets = Wallet.objects.bulk_create(
        Wallet(team=team, currency="USD", account=account, settled=Decimal(10) ** 9)
        for team, account in zip(teams, accounts, strict=True)
    )
    leases = [uuid4() for _ in wallets]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(granted) FROM unnest(%s, %s) AS each (l, w),"
            " lease_draw(l, w, 'bench', %s, 1, 100000000, 86400)",
            [leases, [wallet.pk for wallet in wallets], uuid4()],
        )
    assert Lease.objects.filter(pk__in=leases).count() == number
    return [Purse(str(w.pk), str(w.team_id), str(lease)) for w, lease in zip(wallets, leases, strict=True)]


def price() -> PriceVersion:
    """Return a price of an ordinary language model."""
    rates = {"type": "one_million_tokens", "input": "0.15", "output": "0.60"}
    return prices.version(side=Side.LIST, currency="USD", price=rates)


def events(number: int, among: Sequence[Purse], version: PriceVersion) -> Iterator[UsageEvent]:
    """Yield completed calls of a language model. A fifth of the wallets make four fifths of them (Pareto)."""
    chance = random.Random(7)
    weights = [1 / (rank + 1) for rank in range(len(among))]
    for purse in chance.choices(among, weights, k=number):
        started = _STARTED + timedelta(milliseconds=next(_sequence))
        yield UsageEvent(
            event_id=_time_ordered_id(),
            team_id=purse.team_id,
            wallet_id=purse.wallet_id,
            service_id=chance.choice(_SERVICES),
            enrollment_id=None,
            api_key_id=_SERVICES[0],
            price_version_id=str(version.pk),
            currency="USD",
            channel="managed",
            lease_id=purse.lease_id,
            hold=Decimal("0.01"),
            usage={"input_tokens": chance.randint(50, 4000), "output_tokens": chance.randint(1, 900)},
            status=200,
            outcome="completed",
            flags=(),
            started_at=started,
            finished_at=started + timedelta(seconds=1),
            gateway_id="bench",
            method="POST",
            path="/p/bench/v1/chat/completions",
            request_bytes=2000,
            response_bytes=1500,
            latency_ms=812.5,
            ttfb_ms=301.25,
        )


def _time_ordered_id() -> str:
    """Return a UUID of version 7: milliseconds first, then chance; no run repeats another's."""
    milliseconds = time.time_ns() // 1_000_000
    return str(
        UUID(int=milliseconds << 80 | 0x7 << 76 | next(_sequence) % 4096 << 64 | 0b10 << 62 | secrets.randbits(60))
    )
