"""The ports on PostgreSQL. The gateway calls functions and reads one table; it needs no other right."""

from __future__ import annotations

import contextlib
import select
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import orjson
import psycopg
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from domain import json_texts
from gateway.settings import GatewaySettings
from gateway.spool.reader import Final
from gateway.spool.shipper import InboxRefused
from gateway.stores.base import (
    Change,
    Changes,
    Drawn,
    LeaseEnded,
    NewSchedule,
    Registered,
    ScheduleLimit,
    ScheduleNameTaken,
    Stored,
    Stores,
    StoreUnavailable,
)
from gateway.stores.counters import MemoryCounters, RedisCounters
from gateway.stores.memos import MemoryMemos, RedisMemos
from gateway.stores.request_logs import PostgresRequestLogs
from gateway.stores.texts import lines
from gateway.stores.tidings import NoTidings, RedisTidings

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
            check=_check,
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
                try:
                    yield connection
                except psycopg.errors.ReadOnlySqlTransaction as error:
                    # a server that has handed over to another one: who connects anew finds that one
                    await connection.close()
                    raise StoreUnavailable("The database takes nothing.") from error
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise StoreUnavailable("The database cannot be reached.") from error


async def _check(connection: psycopg.AsyncConnection[Any]) -> None:
    """Raises OperationalError when the server has hung up. It is asked only when something has come from it: between
    two statements that is nearly always its farewell, and to ask each time would be one more way there and back.
    The pool lends by turns and the feed is read every moment, so no network in between has time to forget one."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        await AsyncConnectionPool.check_connection(connection)


class PostgresRecords:
    """Published records and their feed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def fetch(self, kind: str, key: str) -> Stored:
        query = "SELECT body::text, written_in FROM publishing_publishedrecord WHERE kind = %s AND key = %s"
        async with self._database.connection() as connection:
            row = await (await connection.execute(query, [kind, key])).fetchone()
        return Stored(row[0], row[1]) if row else Stored(None, 0)

    async def fetch_all(self, kind: str) -> dict[str, Any]:
        query = "SELECT key, body::text FROM publishing_publishedrecord WHERE kind = %s AND body IS NOT NULL"
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
            try:
                row = await (await connection.execute(query, arguments)).fetchone()
            except psycopg.errors.ObjectNotInPrerequisiteState as error:
                raise LeaseEnded(lease_id) from error
        assert row is not None
        return Drawn(granted=row[0], spendable=row[1])

    async def give_back(self, *, lease_id: str, amount: Decimal, number: int) -> None:
        async with self._database.connection() as connection:
            # a lease that the books have ended, or that has less than that, has nothing that could be given back
            with contextlib.suppress(
                psycopg.errors.ObjectNotInPrerequisiteState,
                psycopg.errors.NoDataFound,
                psycopg.errors.InvalidParameterValue,
            ):
                await connection.execute("SELECT lease_return(%s, %s, %s)", [lease_id, amount, number])

    async def renew(self) -> frozenset[str]:
        async with self._database.connection() as connection:
            rows = await connection.execute(
                "SELECT lease_renew(%s, %s, %s)", [self._gateway_id, self._incarnation, self._ttl]
            )
            return frozenset(str(row[0]) for row in await rows.fetchall())

    async def retire_others(self) -> None:
        async with self._database.connection() as connection:
            await connection.execute("SELECT lease_retire(%s, %s)", [self._gateway_id, self._incarnation])


class PostgresInbox:
    """Where usage events wait for settlement. Once is enough, and twice does not hurt."""

    def __init__(self, database: Database, *, gateway_id: str) -> None:
        self._database, self._gateway_id = database, gateway_id

    async def insert(self, finals: Sequence[Final], *, log: bool) -> bool:
        """Return when all are committed. Raises InboxRefused for what is no event, StoreUnavailable."""
        arguments = [self._gateway_id, lines([final.payload for final in finals]), log]
        async with self._database.connection() as connection:
            try:
                row = await (await connection.execute("SELECT attempts_take(%s, %b, %s)", arguments)).fetchone()
            except (psycopg.DataError, psycopg.errors.NotNullViolation) as error:
                raise InboxRefused("A record of the spool is no usage event.") from error
        return row is not None and bool(row[0])


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


class PostgresSchedules:
    """Calls for later. The functions stand in gateway_admin/schedules."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def register(self, new: NewSchedule) -> Registered:
        query = """
            SELECT id, due_at, is_new FROM schedule_register(
                %s::uuid, %s::uuid, %s::uuid, %s::uuid, %s, %s, %s, %s, %s::jsonb, %b::bytea, %s::jsonb, %s, %s)
        """
        arguments = [
            new.id,
            new.team_id,
            new.user_id,
            new.api_key_id,
            new.kind,
            new.name,
            new.method,
            new.path,
            orjson.dumps(new.headers).decode(),
            new.body,
            orjson.dumps(new.schedule).decode(),
            new.due_at,
            new.digest,
        ]
        async with self._database.connection() as connection:
            try:
                row = await (await connection.execute(query, arguments)).fetchone()
            except psycopg.errors.UniqueViolation as error:
                raise ScheduleNameTaken(new.name) from error
            except psycopg.errors.ProgramLimitExceeded as error:
                raise ScheduleLimit(new.team_id) from error
        assert row is not None
        return Registered(str(row[0]), row[1], row[2])


class PostgresTasks:
    """Answers that nobody waited for. The functions stand in gateway_admin/schedules."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, *, team_id: str, broadcast: str, tasks: Sequence[tuple[str, str]]) -> None:
        ids, names = zip(*tasks, strict=True)
        async with self._database.connection() as connection:
            await connection.execute(
                "SELECT task_start(%s::uuid, %s, %s::uuid[], %s::text[])", [team_id, broadcast, list(ids), list(names)]
            )

    async def finish(self, *, task_id: str, answer: dict[str, Any]) -> None:
        # a text of JSON cannot hold the zero character; an upstream's answer can
        text = json_texts.without_nul(orjson.dumps(answer).decode())
        async with self._database.connection() as connection:
            await connection.execute("SELECT task_finish(%s::uuid, %s::jsonb)", [task_id, text])

    async def get(self, *, team_id: str, task_id: str) -> dict[str, Any] | None:
        async with self._database.connection() as connection:
            row = await (
                await connection.execute("SELECT task_read(%s::uuid, %s::uuid)", [team_id, task_id])
            ).fetchone()
        return row[0] if row else None


async def connect(settings: GatewaySettings, incarnation: str) -> Stores:
    """Return the ports on the database of the settings. incarnation: of this life of the process."""
    database = Database(settings.database_url)
    await database.open()
    return Stores(
        records=PostgresRecords(database),
        leases=PostgresLeases(
            database,
            gateway_id=settings.gateway_id,
            incarnation=incarnation,
            ttl_seconds=settings.lease_ttl_seconds,
        ),
        inbox=PostgresInbox(database, gateway_id=settings.gateway_id),
        use_marks=PostgresUseMarks(database),
        schedules=PostgresSchedules(database),
        tasks=PostgresTasks(database),
        memos=RedisMemos(settings.redis_url) if settings.redis_url else MemoryMemos(),
        counters=RedisCounters(settings.redis_url) if settings.redis_url else MemoryCounters(),
        request_logs=PostgresRequestLogs(database),
        close=database.close,
        tidings=RedisTidings(settings.redis_url) if settings.redis_url else NoTidings(),
    )
