"""What the consumer is compared with: one transaction per event, with plain statements and no ORM."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import psycopg.types.json
from django.db import connection

from billing.prices.models import PriceVersion
from domain import periods, pricing, rating, usage
from domain.pricing import CompiledPrice

_CLAIM = """
    DELETE FROM rating_usageinbox WHERE event_id = (
        SELECT event_id FROM rating_usageinbox ORDER BY event_id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING payload
"""
_CHARGE = """
    INSERT INTO rating_charge (event_id, wallet_id, team_id, service_id, api_key_id, price_id, lease_id, channel,
        outcome, status, usage, hold, list_cost, cost, charged, state, flags, error, started_at, finished_at, period)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'charged', '[]', '', %s, %s, %s)
    ON CONFLICT DO NOTHING
"""
_PERIOD = """
    INSERT INTO rating_periodusage AS p (wallet_id, period, service_id, channel, requests, listed, charged, metrics)
    VALUES (%s, %s, %s, %s, 1, %s, %s, %s)
    ON CONFLICT (wallet_id, period, service_id, enrollment_id, channel, late) DO UPDATE
       SET requests = p.requests + 1, listed = p.listed + excluded.listed, charged = p.charged + excluded.charged,
           metrics = metrics_sum(p.metrics, excluded.metrics)
"""


def settle_all() -> None:
    """Settle what is in the inbox, one event a transaction, on a connection with prepared statements."""
    price = pricing.compile(PriceVersion.objects.get().price)
    connection.ensure_connection()
    with psycopg.connect(connection.connection.info.dsn, prepare_threshold=1) as plain:
        while _settle_one(plain, price):
            plain.commit()


def _settle_one(plain: psycopg.Connection, price: CompiledPrice) -> bool:
    row = plain.execute(_CLAIM).fetchone()
    if row is None:
        return False
    event = usage.from_bytes(row[0])
    charged = rating.due(event, price)
    lock = "SELECT settled - usage - held FROM wallets_wallet WHERE id = %s FOR UPDATE"
    plain.execute(lock, [event.wallet_id])
    metrics = psycopg.types.json.Jsonb(event.usage)
    period = periods.label(event.finished_at, "UTC")
    facts = [event.service_id, event.api_key_id, event.price_version_id, event.lease_id, event.channel, event.outcome]
    amounts: list[Decimal] = [event.hold, charged, charged, charged]
    times = [event.started_at, event.finished_at, period]
    plain.execute(
        _CHARGE, [event.event_id, event.wallet_id, event.team_id, *facts, event.status, metrics, *amounts, *times]
    )
    update = "UPDATE wallets_wallet SET usage = usage + %s, held = held - %s WHERE id = %s"
    plain.execute(update, [charged, charged, event.wallet_id])
    plain.execute("UPDATE wallets_lease SET amount = amount - %s WHERE id = %s", [charged, event.lease_id])
    plain.execute(_PERIOD, [event.wallet_id, period, event.service_id, event.channel, charged, charged, metrics])
    return True
