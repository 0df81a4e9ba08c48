"""One of several gateway processes on one port: `python -m tests.gateway.processes.process FOLDER LISTENER`.

FOLDER holds records.json, a list of [kind, key, body] that is read again when it changes; LISTENER is a socket that was
inherited. Limits and remembered answers are in the real Redis. CLOCK_AHEAD_MS lets the process count by a later clock.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from decimal import Decimal
from pathlib import Path

import uvicorn

from gateway.app import GatewayApp
from gateway.door.protocol import DoorProtocol
from gateway.settings import GatewaySettings
from gateway.stores.base import Stores
from gateway.stores.counters import RedisCounters
from gateway.stores.memory import MemoryLeases, MemoryRecords, MemorySchedules, MemoryTasks, MemoryUseMarks
from gateway.stores.memos import RedisMemos
from gateway.stores.request_logs import MemoryRequestLogs
from gateway.stores.tidings import RedisTidings
from tests.factories import records as make
from tests.gateway.crashing.process import PEPPER, FileInbox


class LaterCounters(RedisCounters):
    """Counts by a clock that is ahead. ahead_ms: by how much."""

    def __init__(self, address: str, ahead_ms: int) -> None:
        super().__init__(address, timeout_seconds=30)
        self._ahead_ms = ahead_ms

    async def take(self, demands, *, token, now_ms):
        return await super().take(demands, token=token, now_ms=now_ms + self._ahead_ms)


class Server(uvicorn.Server):
    """Says when it takes connections."""

    def __init__(self, config: uvicorn.Config, folder: Path) -> None:
        super().__init__(config)
        self._folder = folder

    async def startup(self, sockets=None) -> None:
        await super().startup(sockets)
        (self._folder / f"ready-{os.getpid()}").touch()


async def follow(path: Path, records: MemoryRecords) -> None:
    """Publish what is new in the file, again and again."""
    known: dict[tuple[str, str], object] = {}
    read_at = 0
    while True:
        if (now := path.stat().st_mtime_ns) != read_at:
            read_at = now
            for kind, key, body in json.loads(path.read_text()):
                if known.get((kind, key)) != body:
                    known[kind, key] = body
                    records.put(kind, key, body)
        await asyncio.sleep(0.05)


def main(folder: Path, listener: int) -> None:
    records = MemoryRecords()
    following: set[asyncio.Task[None]] = set()

    async def nothing() -> None:
        return None

    async def connect(_settings: GatewaySettings, _incarnation: str) -> Stores:
        address = os.environ["REDIS_URL"]
        following.add(asyncio.create_task(follow(folder / "records.json", records)))
        await asyncio.sleep(0)  # what is there is read at once
        return Stores(
            records,
            MemoryLeases({make.WALLET: Decimal(1000)}),
            FileInbox(folder / "inbox.sqlite"),
            MemoryUseMarks(),
            MemorySchedules(),
            MemoryTasks(),
            RedisMemos(address, timeout_seconds=30),
            LaterCounters(address, int(os.environ.get("CLOCK_AHEAD_MS", "0"))),
            MemoryRequestLogs(),
            nothing,
            RedisTidings(address),
        )

    settings = GatewaySettings(
        database_url="",
        api_key_pepper=PEPPER,
        private_keys=(),
        spool_directory=folder / "spool",
        gateway_id="fleet",
        site_url="http://site.example",
        allow_private_upstreams=True,
    )
    app = GatewayApp(lambda: settings, connect)
    config = uvicorn.Config(app, fd=listener, http=DoorProtocol, access_log=False, log_level="error", loop="uvloop",
                            lifespan="on", timeout_graceful_shutdown=1)  # fmt: skip
    Server(config, folder).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
