"""Services, aliases, groups, chains and broadcasts in front of one scripted upstream that answers for all of them."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

from domain.routing.snapshot import ALIAS, BROADCAST, CHAIN, GROUP
from tests.factories import records as make
from tests.fakes.upstream import FakeUpstream, Recorded, Script, answer, json_answer
from tests.gateway.harness import Gateway


class Market:
    """What the customer of a gateway can call."""

    def __init__(self, gateway: Gateway, upstream: FakeUpstream) -> None:
        self.gateway, self.upstream = gateway, upstream
        self._scripts: dict[str, list[Script]] = {}
        upstream.answers_by(self._script)

    def offer(self, name: str, *scripts: Script, **changes: Any) -> str:
        """Publish a service at its name. scripts: used up in order, the last one answers everything that follows."""
        self.answers(name, *(scripts or (json_answer({"from": name}),)))
        config = {"base_url": f"{self.upstream.url}/{name}", **changes.pop("config", {})}
        channel = make.channel(config=config, **changes.pop("channel", {}))
        values = {"id": make.service_id(name), "name": name, "channels": (channel,), **changes}
        self.gateway.publish_service(path=name, **values)
        return make.service_id(name)

    def answers(self, name: str, *scripts: Script) -> None:
        """Change what a service's upstream answers."""
        self._scripts[name] = list(scripts)

    def alias(self, name: str, target: str, **changes: Any) -> None:
        record = make.alias(name, target)
        self.gateway.records.put("alias", f"{make.TEAM}/{name}", {**ALIAS.encode(record), **changes})

    def group(self, name: str, *members: Any, **changes: Any) -> None:
        self.gateway.records.put("group", name, GROUP.encode(make.group(name, *members, **changes)))

    def chain(self, name: str, *steps: Any, **changes: Any) -> None:
        self.gateway.records.put("chain", f"{make.TEAM}/{name}", CHAIN.encode(make.chain(name, *steps, **changes)))

    def broadcast(self, name: str, *targets: Any, **changes: Any) -> None:
        record = make.broadcast(name, *targets, **changes)
        self.gateway.records.put("broadcast", f"{make.TEAM}/{name}", BROADCAST.encode(record))

    async def open(self) -> None:
        """Let the gateway see what was published."""
        await self.gateway.see_changes()

    def requests(self, name: str) -> list[Recorded]:
        """Return what came in for a service."""
        return [each for each in self.upstream.requests if self._name(each) == name]

    async def settled(self) -> None:
        """Wait until no hold is out and no copy under way."""
        deps = self.deps
        async with asyncio.timeout(5):
            while deps.background._running or any(lease.in_flight for lease in deps.leases._leases.values()):
                await asyncio.sleep(0.01)

    @property
    def deps(self) -> Any:
        assert self.gateway.app.runtime is not None
        return self.gateway.app.runtime.deps

    def spent(self) -> Decimal:
        """Return what the finished calls have taken out of the leases."""
        events = self.gateway.inbox.events.values()
        return sum((event.hold for event in events if event.is_billable), Decimal(0))

    def _name(self, request: Recorded) -> str:
        return request.target.split("?")[0].split("/")[1]

    def _script(self, request: Recorded) -> Script:
        scripts = self._scripts.get(self._name(request))
        if scripts is None:
            return answer(b"nobody", status=404)
        return scripts.pop(0) if len(scripts) > 1 else scripts[0]
