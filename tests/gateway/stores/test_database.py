"""The gateway's connections to PostgreSQL: a dead one is replaced, a living one is not asked whether it lives."""

from __future__ import annotations

import asyncio
import time

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from gateway.stores.base import StoreUnavailable
from gateway.stores.postgres import Database
from tests.databases import address

pytestmark = pytest.mark.django_db(transaction=True)


async def backend(database: Database) -> int:
    async with database.connection() as connection:
        row = await (await connection.execute("SELECT pg_backend_pid()")).fetchone()
    assert row is not None
    return row[0]


async def hang_up(pid: int) -> None:
    """Have the server end a connection, and return when it has."""
    async with await psycopg.AsyncConnection.connect(address(), autocommit=True) as other:
        await other.execute("SELECT pg_terminate_backend(%s)", [pid])
        until = time.monotonic() + 10
        while (await other.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [pid])).rowcount:
            assert time.monotonic() < until
            await asyncio.sleep(0.01)


@pytest.fixture
async def database():
    database = Database(address(), size=1)
    await database.open()
    yield database
    await database.close()


async def test_a_connection_that_the_server_has_ended_is_replaced_before_it_is_lent(database):
    before = await backend(database)
    await hang_up(before)
    assert await backend(database) != before


async def test_a_connection_that_has_said_nothing_is_lent_as_it_is(database, monkeypatch):
    before = await backend(database)
    asked = []

    async def check(connection):
        asked.append(connection)

    monkeypatch.setattr(AsyncConnectionPool, "check_connection", staticmethod(check))
    assert [await backend(database) for _ in range(3)] == [before] * 3
    assert not asked
    await hang_up(before)
    with pytest.raises(Exception, match="cannot be reached"):  # it was asked, by what does nothing here
        await backend(database)
    assert len(asked) == 1


async def test_a_server_that_only_reads_since_a_failover_counts_as_away_and_its_connection_is_replaced(database):
    before = await backend(database)
    async with database.connection() as connection:
        await connection.execute("SET default_transaction_read_only = on")
    with pytest.raises(StoreUnavailable):
        async with database.connection() as connection:
            await connection.execute("CREATE TABLE written (id int)")
    assert await backend(database) != before
