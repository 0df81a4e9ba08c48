"""A gateway whose sockets and stores are pretended: an answer comes in the next turn of the loop."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from benchmarks.gateway import catalogue, upstream
from benchmarks.gateway.catalogue import Catalogue
from gateway.app import everything
from gateway.door.desk import STATE_KEY, Desk
from gateway.door.protocol import DoorProtocol
from gateway.runtime import Runtime
from gateway.settings import GatewaySettings
from gateway.spool.reader import Final
from gateway.stores.base import Stores
from gateway.stores.counters import MemoryCounters
from gateway.stores.memory import MemoryLeases, MemorySchedules, MemoryTasks, MemoryUseMarks
from gateway.stores.memos import MemoryMemos
from gateway.stores.request_logs import MemoryRequestLogs
from gateway.upstream.connection import Connection
from gateway.upstream.deadlines import Deadlines


class Pipe(asyncio.Transport):
    """What the gateway takes for a socket. Answers what is written, in the next turn of the loop."""

    def __init__(self, protocol: Any) -> None:
        super().__init__()
        self._protocol, self._loop = protocol, asyncio.get_running_loop()

    def say(self, pieces: Sequence[bytes]) -> None:
        """Let the gateway have pieces, one a turn."""
        self._protocol.data_received(pieces[0])
        if len(pieces) > 1:
            self._loop.call_soon(self.say, pieces[1:])

    def writelines(self, pieces: Any) -> None:
        self.write(b"".join(pieces))

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name in ("peername", "sockname") else default


class UpstreamPipe(Pipe):
    """Answers every request."""

    answer: Sequence[bytes] = ()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._loop.call_soon(self.say, self.answer)


class ClientPipe(Pipe):
    """Counts the answers, and asks again until there were enough."""

    calls: Calls

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if data.endswith(self.calls.last):  # type: ignore[union-attr]
            self.calls.answered(self)

    def ask(self) -> None:
        self._loop.call_soon(self.say, (next(self.calls.requests),))


class Calls:
    """All connections of one client. requests: what they send in turn; last: how an answer ends."""

    def __init__(self, requests: Sequence[bytes], last: bytes) -> None:
        self._all, self.last = requests, last
        self.requests = itertools.cycle(requests)
        self.pipes: list[ClientPipe] = []
        self._left = self._open = 0
        self._done = asyncio.Event()

    def only(self, count: int) -> None:
        """Send the first so many requests by turns from here on."""
        self.requests = itertools.cycle(self._all[:count])

    async def make(self, count: int) -> None:
        """Return when so many calls have been answered."""
        self._left = count
        self._done.clear()
        for pipe in self.pipes[:count]:
            self._next(pipe)
        await self._done.wait()

    def answered(self, pipe: ClientPipe) -> None:
        self._open -= 1
        if self._left:
            self._next(pipe)
        elif not self._open:
            self._done.set()

    def _next(self, pipe: ClientPipe) -> None:
        self._left -= 1
        self._open += 1
        pipe.ask()


class _NoInbox:
    """Has every event at once, and so does the log."""

    async def insert(self, finals: Sequence[Final], *, log: bool) -> bool:
        return log


@contextlib.asynccontextmanager
async def gateway(
    folder: Path, offered: Catalogue, requests: Sequence[bytes], *, shape: str, connections: int
) -> AsyncIterator[Calls]:
    """Start a gateway and yield what calls it with the requests, one after the other."""
    runtime = Runtime(_settings(folder), _connected(offered))
    await runtime.start()
    ends = b"0\r\n\r\n" if shape == "stream" else b"}"
    calls = Calls(requests, ends)
    try:
        await _connect_upstream(runtime, shape, connections)
        for protocol in _doors(runtime, connections):
            pipe = ClientPipe(protocol)
            pipe.calls = calls
            protocol.connection_made(pipe)
            calls.pipes.append(pipe)
        yield calls
    finally:
        await runtime.stop()


def _doors(runtime: Runtime, count: int) -> list[DoorProtocol]:
    config = Config(cast(Any, everything), log_config=None, access_log=False)
    config.load()
    desk = Desk(runtime.deps, Deadlines(), everything, lambda _: None)
    state = ServerState()
    state.default_headers = [(b"date", b"Sat, 21 Nov 2026 12:00:00 GMT"), (b"server", b"uvicorn")]
    return [DoorProtocol(config, state, {STATE_KEY: desk}) for _ in range(count)]


async def _connect_upstream(runtime: Runtime, shape: str, count: int) -> None:
    client = runtime.deps.upstream
    origin, _ = client._guard.split(catalogue.UPSTREAM)
    await client._guard.addresses(origin)
    UpstreamPipe.answer = upstream.pieces(is_stream=shape == "stream")
    for _ in range(count):
        connection = Connection(origin, origin.host, client._pool, client._limits)
        connection.connection_made(UpstreamPipe(connection))
        client._pool.keep(connection)


def requests_of(offered: Catalogue, shape: str) -> list[bytes]:
    """Return requests with every key and for every service, or alias, in no order."""
    words = 6554 if shape == "large" else 24
    asked: dict[str, Any] = {
        "model": "bench",
        "max_tokens": 64,
        "messages": [{"role": "user", "content": "word " * words}],
    }
    if shape == "stream":
        asked |= {"stream": True, "stream_options": {"include_usage": True}}
    body = json.dumps(asked).encode()
    chance = random.Random(1)
    count = max(offered.services, offered.keys, offered.aliases)
    numbers = list(range(count))
    chance.shuffle(numbers)
    return [_request(offered, number, body) for number in numbers]


def _request(offered: Catalogue, number: int, body: bytes) -> bytes:
    target = f"a/name-{number % offered.aliases}" if offered.aliases else f"p/bench/chat-{number % offered.services}"
    head = (
        f"POST /{target}/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {catalogue.key(number % offered.keys)}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _settings(folder: Path) -> GatewaySettings:
    return GatewaySettings(
        database_url="",
        api_key_pepper=catalogue.PEPPER,
        private_keys=(),
        spool_directory=folder / "spool",
        gateway_id="bench",
        site_url="http://site.example",
        allow_private_upstreams=True,
    )


def _connected(offered: Catalogue) -> Any:
    async def connect(_settings: GatewaySettings, _incarnation: str) -> Stores:
        return Stores(
            offered,
            MemoryLeases(dict(catalogue.BALANCE)),
            _NoInbox(),
            MemoryUseMarks(),
            MemorySchedules(),
            MemoryTasks(),
            MemoryMemos(),
            MemoryCounters(),
            MemoryRequestLogs(),
            _nothing,
        )

    return connect


async def _nothing() -> None:
    return None
