"""A gateway with a market, and what its customer's log has got."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from tests.gateway.execution.market import Market
from tests.gateway.harness import Gateway


@pytest.fixture
async def market(gateway, upstream):
    return Market(gateway, upstream)


@pytest.fixture
def log(gateway):
    return Log(gateway)


class Log:
    """The records as they arrive."""

    def __init__(self, gateway: Gateway) -> None:
        self._store = gateway.logs

    async def calls(self, count: int = 1) -> list[dict[str, Any]]:
        """Return the records of calls once there are `count`."""
        async with asyncio.timeout(5):
            while len(self._store.calls) < count:
                await asyncio.sleep(0.01)
        return [self._store.calls[each] for each in sorted(self._store.calls)]

    async def call(self) -> dict[str, Any]:
        """Return the only one."""
        (record,) = await self.calls()
        return record

    async def attempts(self, count: int = 1) -> list[dict[str, Any]]:
        """Return what usage events told, once there are `count`."""
        async with asyncio.timeout(5):
            while len(self._store.attempts) < count:
                await asyncio.sleep(0.01)
        return [self._store.attempts[each] for each in sorted(self._store.attempts)]

    def body(self, record: dict[str, Any], side: str) -> bytes:
        """Return a kept body, put together from its parts if need be."""
        kept = record["kept"][side]
        if not kept["parts"]:
            return base64.b64decode(kept["bytes"])
        parts = [self._store.parts[(record["id"], side, number)] for number in range(kept["parts"])]
        return b"".join(base64.b64decode(part) for part in parts)

    def everything(self) -> str:
        """Return all that was handed over, as text."""
        return repr([self._store.calls, self._store.attempts, self._store.parts])
