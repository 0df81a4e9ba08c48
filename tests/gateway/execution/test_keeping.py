"""A secret that an upstream echoes reaches the caller, and nothing that is kept."""

from __future__ import annotations

import asyncio
import base64

import pytest

from gateway.execution.sinks import COLLECT_BYTES
from tests.factories import records as make
from tests.fakes.upstream import answer, json_answer

CANARY = "sk-canary-0123456789"


def echoing(market, name: str) -> None:
    market.gateway.publish_secret(make.SELLER, "KEY", CANARY)
    said = {"plain": CANARY, "basic": base64.b64encode(f"user:{CANARY}".encode()).decode(), "other": "kept"}
    market.offer(
        name, json_answer(said, headers=[("x-echo", f"Bearer {CANARY}")]), config={"api_key": "${ secrets.KEY }"}
    )


class TestKeptAnswers:
    async def test_of_the_memory_hold_no_secret(self, market, gateway):
        echoing(market, "echo")
        await market.open()
        first = await gateway.call("/m/p/echo")
        again = await gateway.call("/m/p/echo")
        assert (first.json()["plain"], again.headers["x-usvc-cache"]) == (CANARY, "hit")
        assert again.json()["plain"] == "***"
        assert again.json()["other"] == "kept"
        stored = b"".join(value for _, value in gateway.memos._kept.values())
        assert stored
        assert CANARY.encode() not in stored
        assert base64.b64encode(f"user:{CANARY}".encode())[8:24] not in stored

    async def test_of_tasks_hold_no_secret(self, market, gateway):
        echoing(market, "echo")
        market.broadcast("all", "echo", mode="async")
        await market.open()
        answer = await gateway.call("/b/all")
        assert answer.status_code == 202
        async with asyncio.timeout(5):
            while any(task["status"] == "running" for task in gateway.tasks.tasks.values()):
                await asyncio.sleep(0.01)
        (task,) = gateway.tasks.tasks.values()
        assert task["result"]["body"]["other"] == "kept"
        assert CANARY not in str(task)

    @pytest.mark.parametrize("before", [COLLECT_BYTES - 7, COLLECT_BYTES - len(CANARY) + 1])
    async def test_that_are_cut_hold_no_half_of_one(self, market, gateway, before):
        gateway.publish_secret(make.SELLER, "KEY", CANARY)
        body = b"x" * before + CANARY.encode() + b"y" * 100
        plain = answer(body, headers=[("content-type", "text/plain")])
        market.offer("echo", plain, config={"api_key": "${ secrets.KEY }"})
        market.broadcast("all", "echo", mode="async")
        await market.open()
        await gateway.call("/b/all")
        async with asyncio.timeout(5):
            while any(task["status"] == "running" for task in gateway.tasks.tasks.values()):
                await asyncio.sleep(0.01)
        (task,) = gateway.tasks.tasks.values()
        assert task["result"]["truncated"] is True
        assert task["result"]["body"] == "x" * before
