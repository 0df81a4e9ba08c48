"""`python -m benchmarks.gateway.fill UPSTREAM_PORT SERVICES KEYS FILE`: write what the gateway reads; prints the key.

What can be called goes into the file: a line "key path" for every service and every key.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402  after Django's set-up
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.teams import services as teams  # noqa: E402
from accounts.teams.models import Role  # noqa: E402
from billing.prices import services as prices  # noqa: E402
from billing.prices.models import Side  # noqa: E402
from billing.wallets import services as wallets  # noqa: E402
from domain import api_keys as keys_as_text  # noqa: E402
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


def main(upstream_port: int, services: int, keys: int, calls: Path) -> str:
    """Fill the database, write the file of calls, and return the customer's key."""
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
    names = ["bench/chat" if number == 0 else f"bench/chat-{number}" for number in range(services)]
    for name in names:
        rows += _service(name, version, upstream_port)
    raws = [raw, *(keys_as_text.new_key() for _ in range(keys - 1))]
    rows += [_key(str(team.pk), other) for other in raws[1:]]
    calls.write_text("".join(_lines(raws, names)))
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


def _key(team_id: str, raw: str) -> PublishedRecord:
    record = ApiKeyRecord(str(uuid.uuid4()), team_id, "customer", None, True, None)
    digest = keys_as_text.digest(raw, settings.API_KEY_PEPPER.encode())
    return PublishedRecord(kind="api_key", key=digest, body=API_KEY.encode(record), written_in=1)


def _lines(raws: list[str], names: list[str]) -> Iterator[str]:
    for number in range(max(len(raws), len(names))):
        yield f"{raws[number % len(raws)]} /p/{names[number % len(names)]}/chat/completions\n"


if __name__ == "__main__":
    print(json.dumps({"key": main(*map(int, sys.argv[1:4]), Path(sys.argv[4]))}))
