"""Several gateway processes that take their connections from one socket, and a client for them."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sqlite3
import subprocess
import sys
import uuid
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from domain import api_keys
from domain.routing.snapshot import ALIAS, API_KEY, CUSTOMER, GROUP, SERVICE, ApiKeyRecord
from tests.factories import records as make
from tests.gateway.crashing.process import PEPPER

Records = list[tuple[str, str, Any]]


@dataclass
class Fleet:
    """Processes on one port. team: of its own, so that what an earlier run has counted does not count here."""

    folder: Path
    upstream_port: int
    team: str = field(default_factory=lambda: str(uuid.uuid4()))
    key: str = field(default_factory=api_keys.new_key)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self._listener.set_inheritable(True)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        owner = ApiKeyRecord(str(uuid.uuid4()), self.team, "customer", None, True, None)
        self._records: Records = [
            ("api_key", api_keys.digest(self.key, PEPPER), API_KEY.encode(owner)),
            ("customer", self.team, CUSTOMER.encode(make.customer(team_id=self.team))),
        ]

    def offer(self, name: str, **config: Any) -> None:
        """Publish a service at its name, before the processes start."""
        channel = make.channel(config={"base_url": f"http://127.0.0.1:{self.upstream_port}/{name}", **config})
        service = make.service(id=str(uuid.uuid4()), name=name, channels=(channel,))
        self._ids[name] = service.id
        entry = {"routing_key": None, "service_id": service.id}
        self._records += [
            ("service", service.id, SERVICE.encode(service)),
            ("route", name, {"path": name, "entries": [entry]}),
        ]

    def alias(self, name: str, target: str) -> None:
        """Let the customer's alias lead somewhere."""
        self._publish("alias", f"{self.team}/{name}", ALIAS.encode(make.alias(name, target)))

    def group(self, name: str, *members: str) -> None:
        """Publish a group of services, the first the cheapest and so the first to be called."""
        listed = [make.GroupMember(self._ids[each], price=Decimal(place)) for place, each in enumerate(members, 1)]
        self._publish("group", name, GROUP.encode(make.group(name, *listed, policy="by_price")))

    def _publish(self, kind: str, key: str, body: Any) -> None:
        """Put a record in place of the one before, also where processes run: they follow the file."""
        self._records = [each for each in self._records if each[:2] != (kind, key)] + [(kind, key, body)]
        if self.processes:
            self._write()

    def _write(self) -> None:
        written = self.folder / "records.new"
        written.write_text(json.dumps(self._records))
        written.rename(self.folder / "records.json")

    async def start(self, count: int, **environment: str) -> None:
        """Start so many processes, and wait until each has its slot."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write()
        listener = self._listener.fileno()
        command = [sys.executable, "-m", "tests.gateway.processes.process", str(self.folder), str(listener)]
        started = [
            subprocess.Popen(command, env={**os.environ, **environment}, pass_fds=[listener]) for _ in range(count)
        ]
        self.processes += started
        async with asyncio.timeout(60):
            while self.serving() < len(self.processes):
                assert all(process.poll() is None for process in self.processes), "a process did not start"
                await asyncio.sleep(0.05)

    def serving(self) -> int:
        """Return how many of the processes take connections."""
        return sum((self.folder / f"ready-{process.pid}").exists() for process in self.processes)

    def client(self) -> httpx.AsyncClient:
        """Return a client with a connection for each call, so that all processes get some."""
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=0)
        headers = {"authorization": f"Bearer {self.key}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=30, limits=limits)

    def events(self) -> list[dict[str, Any]]:
        """Return the usage events that have arrived."""
        with sqlite3.connect(self.folder / "inbox.sqlite", timeout=30) as connection:
            return [json.loads(payload) for (payload,) in connection.execute("SELECT payload FROM inbox")]

    def gateways(self, path: str) -> set[str]:
        """Return which processes have answered calls to a path."""
        return {event["gateway_id"] for event in self.events() if event["path"] == path}

    def answers(self, name: str, status: int) -> Counter[str]:
        """Return how often each process has had an answer with this status from a service, as far as has arrived."""
        known = self.events()
        wanted = (self._ids[name], status)
        return Counter(each["gateway_id"] for each in known if (each["service_id"], each["status"]) == wanted)

    def kill(self) -> None:
        """End all processes at once, as a power cut would."""
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait(10)
        self.processes.clear()
