"""Usage on earlier days of this month, so that its chart has days."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import psycopg

from domain.usage import UsageEvent
from tests.journeys.marketplace import Marketplace

_FACTS = ("wallet_id", "team_id", "service_id", "api_key_id", "price_id", "currency")
#: What each service used on an ordinary day: {metric: amount}.
_A_DAY = {
    "northwind/aurora-chat": {"input_tokens": 42_000, "output_tokens": 9_500},
    "northwind/meridian-embed": {"input_tokens": 900_000},
    "northwind/prism-image": {"count": 2},
}


def fill(built: Marketplace) -> None:
    """Tell the settlement of earlier days of this month: what was called just now, by a day's amounts."""
    now = datetime.now(UTC)
    services = built.rows(
        "SELECT DISTINCT ON (s.name) s.name, c.wallet_id, c.team_id, c.service_id, c.api_key_id, c.price_id, w.currency"
        "  FROM rating_charge c JOIN catalog_service s ON s.id = c.service_id"
        "  JOIN wallets_wallet w ON w.id = c.wallet_id"
        " WHERE s.name = ANY(%s)",
        list(_A_DAY),
    )
    events = [
        _event(dict(zip(_FACTS, facts, strict=True)), _A_DAY[name], now - timedelta(days=back), number + back)
        for back in range(1, now.day)
        for number, (name, *facts) in enumerate(services)
    ]
    columns = [[e.event_id for e in events], [e.wallet_id for e in events], [None] * len(events)]
    payloads = [json.dumps(event.to_json()) for event in events]
    with psycopg.connect(built.environment["DATABASE_URL"]) as connection:
        # what a day costs is counted from when the wallet was opened
        connection.execute("UPDATE wallets_wallet SET created_at = %s", [now - timedelta(days=now.day - 1)])
        connection.execute(
            "SELECT usage_inbox_insert('earlier', %s::uuid[], %s::uuid[], %s::uuid[], %s)", [*columns, payloads]
        )


def _event(facts: dict[str, object], usage: dict[str, int], at: datetime, number: int) -> UsageEvent:
    """Return the event of a call; no two days are alike, and little is used at weekends."""
    share = (5 + number * 7 % 9) * (1 if at.weekday() < 5 else 0.3) / 10
    return UsageEvent(
        event_id=str(uuid4()),
        team_id=str(facts["team_id"]),
        wallet_id=str(facts["wallet_id"]),
        service_id=str(facts["service_id"]),
        enrollment_id=None,
        api_key_id=str(facts["api_key_id"]),
        price_version_id=str(facts["price_id"]),
        currency=str(facts["currency"]),
        channel=None,
        lease_id=None,
        hold=Decimal(100),
        usage={metric: max(round(amount * share), 1) for metric, amount in usage.items()},
        status=200,
        outcome="completed",
        flags=(),
        started_at=at,
        finished_at=at + timedelta(seconds=1),
        gateway_id="earlier",
    )
