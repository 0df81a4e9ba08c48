"""Connections kept open for the next call, and how many a host may have in use."""

from __future__ import annotations

import asyncio
from collections.abc import Container

from gateway.upstream.connection import Connection
from gateway.upstream.deadlines import Deadlines
from gateway.upstream.egress import Origin
from gateway.upstream.errors import UpstreamBusy
from gateway.upstream.outbox import Outbox


class Pool:
    """Idle connections by origin, the youngest first; counts of those in use."""

    def __init__(self, *, per_host: int, idle: int) -> None:
        self._per_host = per_host
        self._max_idle = idle
        self._idle: dict[str, list[Connection]] = {}
        self._idle_count = 0
        self._in_use: dict[str, int] = {}
        self._deadlines = Deadlines()
        self.outbox = Outbox()

    def add(self, connection: Connection, loop: asyncio.AbstractEventLoop) -> None:
        """Watch the deadlines of a new connection."""
        self._deadlines.watch(connection, loop)

    def reserve(self, origin: Origin) -> None:
        """Count one more call to an origin. Raises UpstreamBusy."""
        count = self._in_use.get(origin.name, 0)
        if count >= self._per_host:
            raise UpstreamBusy(f"{origin.host} is already answering {count} calls. Try again shortly.")
        self._in_use[origin.name] = count + 1

    def unreserve(self, origin: Origin) -> None:
        """Count one call less."""
        count = self._in_use[origin.name] - 1
        if count:
            self._in_use[origin.name] = count
        else:
            del self._in_use[origin.name]

    def take(self, origin: Origin, addresses: Container[str]) -> Connection | None:
        """Return an idle connection to one of the addresses, or None."""
        idle = self._idle.get(origin.name)
        while idle:
            connection = idle.pop()
            self._idle_count -= 1
            if connection.is_open and connection.address in addresses:
                return connection
            connection.close()
        return None

    def take_free(self, origin: Origin, addresses: Container[str]) -> Connection | None:
        """Count one more call to an origin and return an idle connection for it, or do neither and return None."""
        name = origin.name
        count = self._in_use.get(name, 0)
        idle = self._idle.get(name)
        if not idle or count >= self._per_host:
            return None
        kept = idle[-1]  # nearly always as it should be
        if kept.is_open and kept.address in addresses:
            del idle[-1]
            self._idle_count -= 1
        elif (found := self.take(origin, addresses)) is None:
            return None
        else:
            kept = found
        self._in_use[name] = count + 1
        return kept

    def free(self, connection: Connection) -> None:
        """Count one call less, and take the connection that it was on."""
        name = connection.origin.name
        count, idle = self._in_use[name] - 1, self._idle.get(name)
        if not count or idle is None or self._idle_count >= self._max_idle:
            self.unreserve(connection.origin)
            self.keep(connection)
            return
        self._in_use[name] = count
        idle.append(connection)
        self._idle_count += 1

    def keep(self, connection: Connection) -> None:
        """Take a connection whose answer is complete."""
        if self._idle_count >= self._max_idle:
            connection.close()
            return
        name = connection.origin.name
        idle = self._idle.get(name)
        if idle is None:
            idle = self._idle[name] = []
        idle.append(connection)
        self._idle_count += 1

    def drop(self, connection: Connection) -> None:
        """Forget a connection that has closed."""
        self._deadlines.forget(connection)
        idle = self._idle.get(connection.origin.name)
        if idle is None:
            return
        if connection in idle:
            idle.remove(connection)
            self._idle_count -= 1
        if not idle:
            del self._idle[connection.origin.name]

    def close(self) -> None:
        """Close every idle connection and stop the clock. Answers under way go on, without deadlines."""
        for connections in list(self._idle.values()):
            for connection in list(connections):
                connection.close()
        self._idle.clear()
        self._idle_count = 0
        self._deadlines.close()
