"""`python -m benchmarks.gateway.fill UPSTREAM_PORT SERVICES KEYS`: write what the gateway reads; prints the key."""

from __future__ import annotations

import json
import sys
import uuid
from decimal import Decimal

import django

django.setup()

from django.db import connection  # noqa: E402  after Django's set-up
from django.utils import timezone  # noqa: E402

from accounts.teams import services as teams  # noqa: E402
from accounts.teams.models import Role  # noqa: E402
from billing.prices import services as prices  # noqa: E402
from billing.prices.models import Side  # noqa: E402
from billing.wallets import services as wallets  # noqa: E402
from domain.money import Money  # noqa: E402
from domain.routing.snapshot import (  # noqa: E402
    API_KEY,
    ROUTE,
    SERVICE,
    ApiKeyRecord,
    ChannelRecord,
    PriceRecord,
    RouteEntry,
    RouteRecord,
    ServiceRecord,
)
from gateway_admin.api_keys import services as api_keys  # noqa: E402
from gateway_admin.publishing.models import PublishedRecord  # noqa: E402

_BATCH = 5000


def main(upstream_port: int, services: int, keys: int) -> str:
    """Fill the database and return the customer's key."""
    now = timezone.now()
    team = teams.create(kind="customer", name="bench")
    wallet = wallets.open(team=team)
    wallets.credit(
        wallet=wallet, amount=Money(Decimal(1_000_000), "USD"), kind="grant", key="bench", note="", by=None, now=now
    )
    _, raw = api_keys.issue(team=team, role=Role.DEVELOPER, name="bench", by=None, now=now)
    price = prices.version(
        side=Side.LIST, currency="USD", price={"type": "one_million_tokens", "input": "3", "output": "15"}
    )
    version = PriceRecord(str(price.pk), "USD", price.price)
    rows = []
    for number in range(services):
        name = "bench/chat" if number == 0 else f"bench/chat-{number}"
        rows += _service(name, version, upstream_port)
    rows += [_key(str(team.pk)) for _ in range(keys - 1)]
    PublishedRecord.objects.bulk_create(rows, batch_size=_BATCH)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return raw


def _service(name: str, price: PriceRecord, port: int) -> list[PublishedRecord]:
    channel = ChannelRecord("default", "managed", "http", {"base_url": f"http://127.0.0.1:{port}"}, (), ())
    service = ServiceRecord(
        str(uuid.uuid4()), name, "bench", str(uuid.uuid4()), "active", "public", False, price, (channel,)
    )
    route = RouteRecord(name, (RouteEntry(None, service.id),))
    return [
        PublishedRecord(kind="service", key=service.id, body=SERVICE.encode(service), written_in=1),
        PublishedRecord(kind="route", key=name, body=ROUTE.encode(route), written_in=1),
    ]


def _key(team_id: str) -> PublishedRecord:
    record = ApiKeyRecord(str(uuid.uuid4()), team_id, "customer", None, True, None)
    return PublishedRecord(kind="api_key", key=uuid.uuid4().hex * 2, body=API_KEY.encode(record), written_in=1)


if __name__ == "__main__":
    print(json.dumps({"key": main(*map(int, sys.argv[1:4]))}))
