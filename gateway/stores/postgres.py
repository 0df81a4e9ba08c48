"""The ports on PostgreSQL. The gateway calls functions and reads one table; it needs no other right."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import orjson
import psycopg
from psycopg.types.json import Jsonb, set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from gateway.stores.base import Change, Changes, Drawn, Stored, StoreUnavailable

set_json_dumps(orjson.dumps)
set_json_loads(orjson.loads)

_FEED = """
SELECT kind, key, written_in FROM publishing_publishedrecord WHERE written_in >= %s ORDER BY written_in
"""
_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


class Database:
    """A small pool of connections. wait_seconds: how long a call waits for one before the database counts as away."""

    def __init__(self, address: str, *, size: int = 4, wait_seconds: float = 3) -> None:
        self.address = address
        self._pool = AsyncConnectionPool(
            address,
            min_size=1,
            max_size=size,
            timeout=wait_seconds,
            open=False,
            kwargs={"autocommit": True, "connect_timeout": 3, "options": "-c statement_timeout=5000"},
            check=AsyncConnectionPool.check_connection,
        )

    async def open(self) -> None:
        """Connect. Does not wait: a gateway starts without its database and answers once it is there."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """Lend a connection. Raises StoreUnavailable for whatever keeps the database from answering."""
        try:
            async with self._pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise StoreUnavailable("The database cannot be reached.") from error


class PostgresRecords:
    """Published records and their feed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch(self, kind: str, key: str) -> Stored:
        query = "SELECT body, written_in FROM publishing_publishedrecord WHERE kind = %s AND key = %s"
        async with self._database.connection() as connection:
            row = await (await connection.execute(query, [kind, key])).fetchone()
        return Stored(row[0], row[1]) if row else Stored(None, 0)

    async def fetch_all(self, kind: str) -> dict[str, Any]:
        query = "SELECT key, body FROM publishing_publishedrecord WHERE kind = %s AND body IS NOT NULL"
        async with self._database.connection() as connection:
            rows = await (await connection.execute(query, [kind])).fetchall()
        return dict(rows)

    async def changes(self, since_version: int) -> Changes:
        async with self._database.connection() as connection:
            # the horizon first: what commits between the two statements is then read again, never missed
            horizon = await self._scalar(connection, _HORIZON)
            rows = await (await connection.execute(_FEED, [since_version])).fetchall()
        return Changes(tuple(Change(*row) for row in rows), max(horizon, since_version))

    async def horizon(self) -> int:
        async with self._database.connection() as connection:
            return await self._scalar(connection, _HORIZON)

    @staticmethod
    async def _scalar(connection: psycopg.AsyncConnection[Any], query: str) -> int:
        row = await (await connection.execute(query.encode())).fetchone()
        assert row is not None
        return int(row[0])


class PostgresLeases:
    """Money lent to this gateway process. ttl_seconds: how long a lease is good without being renewed."""

    def __init__(self, database: Database, *, gateway_id: str, incarnation: str, ttl_seconds: int) -> None:
        self._database = database
        self._gateway_id, self._incarnation, self._ttl = gateway_id, incarnation, ttl_seconds

    async def draw(self, *, lease_id: str, wallet_id: str, minimum: Decimal, wanted: Decimal) -> Drawn:
        query = "SELECT granted, spendable FROM lease_draw(%s, %s, %s, %s, %s, %s, %s)"
        arguments = [lease_id, wallet_id, self._gateway_id, self._incarnation, minimum, wanted, self._ttl]
        async with self._database.connection() as connection:
            row = await (await connection.execute(query, arguments)).fetchone()
        assert row is not None
        return Drawn(granted=row[0], spendable=row[1])

    async def give_back(self, *, lease_id: str, amount: Decimal) -> None:
        async with self._database.connection() as connection:
            await connection.execute("SELECT lease_return(%s, %s)", [lease_id, amount])

    async def renew(self) -> None:
        async with self._database.connection() as connection:
            await connection.execute("SELECT lease_renew(%s, %s, %s)", [self._gateway_id, self._incarnation, self._ttl])

    async def retire_others(self) -> None:
        async with self._database.connection() as connection:
            await connection.execute("SELECT lease_retire(%s, %s)", [self._gateway_id, self._incarnation])


class PostgresInbox:
    """Where usage events wait for settlement. Once is enough, and twice does not hurt."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(self, payloads: Sequence[dict[str, Any]]) -> None:
        async with self._database.connection() as connection:
            await connection.execute("SELECT usage_inbox_insert(%s)", [Jsonb(list(payloads))])


class PostgresUseMarks:
    """Last-used times of keys and secrets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def mark_used(self, *, api_key_ids: Sequence[str], secrets: Sequence[tuple[str, str]]) -> None:
        async with self._database.connection() as connection:
            if api_key_ids:
                await connection.execute("SELECT api_keys_mark_used(%s::uuid[])", [list(api_key_ids)])
            if secrets:
                teams, names = zip(*secrets, strict=True)
                await connection.execute("SELECT secrets_mark_used(%s::uuid[], %s::text[])", [list(teams), list(names)])
