"""Where request logs go: PostgreSQL's functions, and a dictionary for tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import orjson
import psycopg

from gateway.spool.reader import Final
from gateway.spool.shipper import InboxRefused
from gateway.stores.texts import lines

if TYPE_CHECKING:
    from gateway.stores.postgres import Database

#: Of one statement: what is larger is sent in several.
_STATEMENT_BYTES = 4 * 1024 * 1024
_ATTEMPTS = "SELECT request_log_take_attempts(string_to_array(%b, E'\\n'))"
_CALLS = "SELECT request_log_take_calls(string_to_array(%b, E'\\n'))"


class PostgresRequestLogs:
    """The functions stand in gateway_admin/request_logs. Once is enough, and twice does not hurt."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(self, finals: Sequence[Final]) -> None:
        """Take records of calls and parts of their bodies. Raises InboxRefused, StoreUnavailable."""
        for group in _groups(finals):
            await self._take(_CALLS, group)

    async def insert_attempts(self, finals: Sequence[Final]) -> None:
        """Take what usage events tell of their attempts. Raises as insert."""
        await self._take(_ATTEMPTS, finals)

    async def _take(self, query: str, finals: Sequence[Final]) -> None:
        # a text of JSON in PostgreSQL cannot hold the zero character; a model's name can
        texts = lines([final.payload for final in finals]).replace("\\u0000", "\\ufffd")
        async with self._database.connection() as connection:
            try:
                await connection.execute(query.encode(), [texts])
            except psycopg.DataError as error:
                raise InboxRefused("A record of the request log cannot be read.") from error


class MemoryRequestLogs:
    """calls: records of calls; attempts: usage events as the log gets them; parts: of large bodies. All by id."""

    def __init__(self) -> None:
        self.calls: dict[str, dict[str, Any]] = {}
        self.attempts: dict[str, dict[str, Any]] = {}
        self.parts: dict[tuple[str, str, int], str] = {}
        self.down = False

    async def insert(self, finals: Sequence[Final]) -> None:
        self._check()
        for final in finals:
            record = orjson.loads(final.payload)
            if "log_id" in record:
                self.parts[(record["log_id"], record["side"], record["number"])] = record["bytes"]
            else:
                self.calls[record["id"]] = record

    async def insert_attempts(self, finals: Sequence[Final]) -> None:
        self._check()
        self.attempts |= {final.event_id: orjson.loads(final.payload) for final in finals}

    def _check(self) -> None:
        if self.down:
            raise RuntimeError("The log is away.")


def _groups(finals: Sequence[Final]) -> Iterator[list[Final]]:
    group: list[Final] = []
    size = 0
    for final in finals:
        if group and size + len(final.payload) > _STATEMENT_BYTES:
            yield group
            group, size = [], 0
        group.append(final)
        size += len(final.payload)
    if group:
        yield group
