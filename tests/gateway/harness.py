"""A gateway on a real socket, with its stores in memory and its spool on disk."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from config.embedded.engines import free_port
from config.planes import BothPlanes, is_gateways
from domain import api_keys, sealing
from domain.routing.snapshot import API_KEY, CUSTOMER, SECRET, SERVICE, ApiKeyRecord, SecretRecord
from domain.usage import UsageEvent
from gateway.app import GatewayApp, everything
from gateway.door.protocol import DoorProtocol
from gateway.settings import GatewaySettings
from gateway.stores.base import Stores
from gateway.stores.counters import MemoryCounters
from gateway.stores.memory import (
    MemoryInbox,
    MemoryLeases,
    MemoryRecords,
    MemorySchedules,
    MemoryTasks,
    MemoryUseMarks,
)
from gateway.stores.memos import MemoryMemos
from gateway.stores.request_logs import MemoryRequestLogs
from gateway.stores.tidings import NoTidings, Tidings
from tests.factories import records as make

PEPPER = b"pepper"
PRIVATE_KEY, PUBLIC_KEY = sealing.new_key_pair()


@dataclass
class Gateway:
    """The world around one gateway process, and the way in."""

    url: str
    client: httpx.AsyncClient
    app: GatewayApp
    records: MemoryRecords
    leases: MemoryLeases
    inbox: MemoryInbox
    use_marks: MemoryUseMarks
    schedules: MemorySchedules
    tasks: MemoryTasks
    memos: MemoryMemos
    logs: MemoryRequestLogs
    key: str = field(default_factory=api_keys.new_key)

    def publish_key(self, **changes: Any) -> str:
        """Publish the customer's key, or another one with `raw`."""
        raw = changes.pop("raw", self.key)
        values: dict[str, Any] = {
            "id": "7d0d8e0e-0000-4000-8000-0000000000ff",
            "team_id": make.TEAM,
            "team_kind": "customer",
            "user_id": None,
            "may_call": True,
            "expires_at": None,
        }
        self.records.put("api_key", api_keys.digest(raw, PEPPER), API_KEY.encode(ApiKeyRecord(**{**values, **changes})))
        return raw

    def publish_customer(self, **changes: Any) -> None:
        """Publish the customer with a wallet."""
        self.records.put("customer", make.TEAM, CUSTOMER.encode(make.customer(**changes)))

    def publish_service(self, *, path: str = "acme/chat", routing_key: Any = None, **changes: Any) -> None:
        """Publish a service and the path that it answers at."""
        service = make.service(**changes)
        self.records.put("service", service.id, SERVICE.encode(service))
        entry = {"routing_key": routing_key, "service_id": service.id, "is_private": service.visibility == "private"}
        self.records.put("route", path, {"path": path, "entries": [entry]})

    def publish_secret(self, team_id: str, name: str, value: str, hosts: tuple[str, ...] = ()) -> None:
        """Publish a secret, sealed as the control plane seals it."""
        sealed = sealing.seal(
            value, public_key=PUBLIC_KEY, bound_to=sealing.binding(owner=team_id, name=name, version=1)
        )
        record = SecretRecord(team_id, name, 1, True, "", sealed.key_id, sealed.sealed_key, sealed.ciphertext, hosts)
        self.records.put("secret", f"{team_id}/{name}", SECRET.encode(record))

    async def see_changes(self) -> None:
        """Let the gateway look at the feed now."""
        assert self.app.runtime is not None
        await self.app.runtime.deps.records.catch_up()

    async def call(self, path: str = "/p/acme/chat", body: Any = None, **more: Any) -> httpx.Response:
        """POST as the customer."""
        headers = {"authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        return await self.client.post(path, json=body if body is not None else {"model": "m"}, headers=headers, **more)

    async def events(self, count: int) -> list[UsageEvent]:
        """Return the shipped events once there are `count`, in the order of their ids."""
        async with asyncio.timeout(5):
            while len(self.inbox.events) < count:
                await asyncio.sleep(0.01)
        return [self.inbox.events[event_id] for event_id in sorted(self.inbox.events)]

    async def event(self) -> UsageEvent:
        """Return the only event."""
        (event,) = await self.events(1)
        return event


@contextlib.asynccontextmanager
async def serving(
    folder: Path, *, balance: str = "1", beside: Any = None, tidings: Tidings | None = None, **settings: Any
) -> AsyncIterator[Gateway]:
    """Start a gateway whose customer has `balance` in the wallet; stop it at the end.

    beside: an ASGI application that gets every other path of the same port. tidings: how it hears of other gateways.
    """
    logs = MemoryRequestLogs()
    records, inbox, marks = MemoryRecords(), MemoryInbox(logs), MemoryUseMarks()
    schedules, tasks, memos, counters = MemorySchedules(), MemoryTasks(), MemoryMemos(), MemoryCounters()
    leases = MemoryLeases({make.WALLET: Decimal(balance)})

    async def connect(_settings: GatewaySettings, _incarnation: str) -> Stores:
        ports = records, leases, inbox, marks, schedules, tasks, memos, counters, logs
        return Stores(*ports, _nothing, tidings or NoTidings())

    values: dict[str, Any] = {
        "database_url": "",
        "api_key_pepper": PEPPER,
        "private_keys": (PRIVATE_KEY,),
        "spool_directory": folder / "spool",
        "gateway_id": "test",
        "site_url": "http://site.example",
        "allow_private_upstreams": True,
        "poll_seconds": 0.05,
    }
    whose = is_gateways if beside is not None else everything
    app = GatewayApp(lambda: GatewaySettings(**{**values, **settings}), connect, whose)
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            app if beside is None else BothPlanes(beside, app),
            timeout_keep_alive=1 if beside is not None else 5,
            host="127.0.0.1",
            port=port,
            http=DoorProtocol,
            access_log=False,
            log_level="warning",
            loop="asyncio",
            lifespan="on",
            log_config=None,
        )
    )
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.01)
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, timeout=10) as client:
        gateway = Gateway(url, client, app, records, leases, inbox, marks, schedules, tasks, memos, logs)
        gateway.publish_key()
        gateway.publish_customer()
        await gateway.see_changes()
        yield gateway
    server.should_exit = True
    await task


async def _nothing() -> None:
    return None
