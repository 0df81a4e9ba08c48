"""A gateway that kills itself at a named moment: `python -m tests.gateway.crashing.process FOLDER PORT UPSTREAM_PORT`.

CRASH_AT=<name>:<nth>:<way> in the environment says at which one, and for the moments of a call, which way it must have
taken through the gateway, `plain` or `general`. GATEWAY_ACCESS says how its service is called. Its inbox is a file that
outlives it, with the promise of the real one: a second insertion of an event changes nothing.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import FrameType

import uvicorn

from domain import api_keys
from domain.routing.snapshot import API_KEY, CUSTOMER, SERVICE, ApiKeyRecord
from gateway import crash_points
from gateway.app import GatewayApp
from gateway.door.protocol import DoorProtocol
from gateway.plain import call as plain
from gateway.settings import GatewaySettings
from gateway.spool import spool as spools
from gateway.spool.reader import Final
from gateway.stores.base import Stores
from gateway.stores.counters import MemoryCounters
from gateway.stores.memory import MemoryLeases, MemoryRecords, MemorySchedules, MemoryTasks, MemoryUseMarks
from gateway.stores.memos import MemoryMemos
from gateway.stores.request_logs import MemoryRequestLogs
from tests.factories import records as make

PEPPER = b"pepper"


class FileInbox:
    """Usage events in a file."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE IF NOT EXISTS inbox (event_id TEXT PRIMARY KEY, payload BLOB)")

    async def insert(self, finals: Sequence[Final], *, log: bool) -> bool:
        """Commit all of them, and let the log have them."""
        self._connection.execute("BEGIN")
        self._connection.executemany("INSERT OR IGNORE INTO inbox VALUES (?, ?)", finals)
        self._connection.execute("COMMIT")
        return log


def published(key: str, upstream_port: int) -> MemoryRecords:
    """Return the records of one service and one customer."""
    records = MemoryRecords()
    owner = ApiKeyRecord("7d0d8e0e-0000-4000-8000-0000000000ff", make.TEAM, "customer", None, True, None)
    records.put("api_key", api_keys.digest(key, PEPPER), API_KEY.encode(owner))
    records.put("customer", make.TEAM, CUSTOMER.encode(make.customer()))
    config = {"base_url": f"http://127.0.0.1:{upstream_port}/v1"}
    access = os.environ.get("GATEWAY_ACCESS", "http")
    service = make.service(channels=(make.channel(config=config, access_method=access),))
    records.put("service", service.id, SERVICE.encode(service))
    entry = {"routing_key": None, "service_id": service.id}
    records.put("route", "acme/chat", {"path": "acme/chat", "entries": [entry]})
    return records


def die_at(point: str) -> None:
    """Kill this process when a moment comes for the nth time."""
    name, nth, way = point.split(":")
    seen: Counter[str] = Counter()

    def reached(moment: str) -> None:
        if moment.startswith("call.") and way != _way():
            return
        seen[moment] += 1
        if moment == name and seen[moment] == int(nth):
            os.kill(os.getpid(), signal.SIGKILL)

    crash_points.install(reached)


def _way() -> str:
    """Return by which way the call came that has reached a moment: in callbacks, or in a task of its own."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename == plain.__file__ or frame.f_code.co_qualname.startswith("Account.close_soon"):
            return "plain"
        frame = frame.f_back
    return "general"


def main(folder: Path, port: int, upstream_port: int) -> None:
    records = published(os.environ["GATEWAY_KEY"], upstream_port)
    leases = MemoryLeases({make.WALLET: Decimal(1000)})

    async def nothing() -> None:
        return None

    async def connect(_settings: GatewaySettings, _incarnation: str) -> Stores:
        inbox = FileInbox(folder / "inbox.sqlite")
        return Stores(
            records,
            leases,
            inbox,
            MemoryUseMarks(),
            MemorySchedules(),
            MemoryTasks(),
            MemoryMemos(),
            MemoryCounters(),
            MemoryRequestLogs(),
            nothing,
        )

    # small segments, so that they are rotated and removed all the time
    spools.SpoolLimits = partial(spools.SpoolLimits, segment_bytes=20_000, min_free_bytes=0)  # type: ignore[misc, assignment]
    settings = GatewaySettings(
        database_url="",
        api_key_pepper=PEPPER,
        private_keys=(),
        spool_directory=folder / "spool",
        gateway_id="crashing",
        site_url="http://site.example",
        allow_private_upstreams=True,
    )
    if point := os.environ.get("CRASH_AT"):
        die_at(point)
    app = GatewayApp(lambda: settings, connect)
    uvicorn.run(app, host="127.0.0.1", port=port, http=DoorProtocol, access_log=False, log_level="error",
                loop="uvloop", lifespan="on", timeout_graceful_shutdown=1)  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
