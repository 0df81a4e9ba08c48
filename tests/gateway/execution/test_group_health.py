"""Members of a group by how they do: the fastest first, the sick left out, one probe at a time."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest

from tests.factories import records as make
from tests.fakes.upstream import Until, Wait, answer, json_answer


@pytest.fixture
def clock(market, monkeypatch) -> list[float]:
    """The time by which the gateway judges its members; a test moves it."""
    now = [1000.0]
    for module in ("gateway.execution.groups", "gateway.steps.resolve_route"):
        monkeypatch.setattr(f"{module}.time", type("Clock", (), {"monotonic": staticmethod(lambda: now[0])}))
    return now


async def answered(market, count: int) -> list[str | int]:
    told = [await market.gateway.call("/g/llm") for _ in range(count)]
    return [each.json()["from"] if each.status_code == 200 else each.status_code for each in told]


class TestTheFastest:
    async def test_is_called_once_all_were_measured(self, market):
        market.offer("slow", [Wait(0.1), *json_answer({"from": "slow"})])
        market.offer("quick")
        market.offer("middling", [Wait(0.05), *json_answer({"from": "middling"})])
        market.group("llm", "slow", "quick", "middling", policy="lowest_latency")
        await market.open()
        assert set(await answered(market, 3)) == {"slow", "quick", "middling"}  # who was never measured is tried
        measured = dict(market.deps.health.latencies(time.monotonic()))
        fastest = min(("slow", "quick", "middling"), key=lambda name: measured[make.service_id(name)])
        assert await answered(market, 1) == [fastest]

    async def test_is_somebody_else_when_it_becomes_slow_and_is_asked_again_after_a_while(self, market, clock):
        market.offer("one")
        market.offer("two")
        market.group("llm", "one", "two", policy="lowest_latency")
        await market.open()
        health = market.deps.health
        for name, latency_ms in (("one", 20.0), ("two", 50.0)):
            health.succeeded(make.service_id(name), clock[0], latency_ms)
        assert await answered(market, 1) == ["one"]
        for _ in range(20):
            health.succeeded(make.service_id("one"), clock[0], 900.0)
        assert await answered(market, 1) == ["two"]
        clock[0] += 301  # what was measured is forgotten after five minutes
        assert set(await answered(market, 2)) == {"one", "two"}


class TestASickMember:
    async def open(self, market) -> None:
        market.offer("bad", answer(b"", status=500))
        market.offer("good")
        members = make.member("bad", price="1"), make.member("good", price="2")
        market.group("llm", *members, policy="by_price")
        await market.open()

    async def test_is_out_for_five_seconds_and_back_after_one_good_probe(self, market, clock):
        await self.open(market)
        assert await answered(market, 7) == [500] * 5 + ["good"] * 2
        market.answers("bad", json_answer({"from": "bad"}))
        clock[0] += 4.9
        assert await answered(market, 1) == ["good"]
        clock[0] += 0.2
        assert await answered(market, 2) == ["bad"] * 2

    async def test_is_out_for_twice_as_long_after_each_failed_probe(self, market, clock):
        await self.open(market)
        await answered(market, 5)
        for seconds in (5, 10, 20, 40):
            clock[0] += seconds - 0.1
            assert await answered(market, 1) == ["good"]
            clock[0] += 0.2
            assert await answered(market, 2) == [500, "good"]

    async def test_gets_one_probe_however_many_call_at_once(self, market, clock):
        await self.open(market)
        await answered(market, 5)
        go_on = asyncio.Event()
        market.answers("bad", [Until(go_on), *json_answer({"from": "bad"})])
        before = len(market.requests("bad"))
        clock[0] += 5.1
        calls = [asyncio.create_task(market.gateway.call("/g/llm")) for _ in range(40)]
        async with asyncio.timeout(10):
            while sum(call.done() for call in calls) < 39:
                await asyncio.sleep(0.01)
        assert len(market.requests("bad")) - before == 1
        go_on.set()
        told = Counter(each.json()["from"] for each in await asyncio.gather(*calls))
        assert told == {"good": 39, "bad": 1}


class TestAMember:
    @pytest.mark.parametrize("first", ["bad", "nowhere"])
    async def test_with_several_servers_is_as_well_as_the_one_that_answers(self, market, first):
        market.offer("bad", answer(b"", status=503))
        market.offer("good", json_answer({"from": "good"}))
        addresses = {"bad": f"{market.upstream.url}/bad", "nowhere": "http://127.0.0.1:1"}
        servers = [{"base_url": addresses[first]}, {"base_url": f"{market.upstream.url}/good"}]
        market.offer("pooled", config={"servers": servers})
        market.offer("spare")
        market.group("llm", make.member("pooled", price="1"), make.member("spare", price="2"), policy="by_price")
        await market.open()
        object.__setattr__(market.deps, "draw", lambda: 0.0)
        told = [await market.gateway.call("/f/g/llm") for _ in range(7)]
        assert [each.json()["from"] for each in told] == ["good"] * 7
        assert make.service_id("pooled") in market.deps.health.latencies(time.monotonic())

    @pytest.mark.parametrize("query", ["q=a\\b", "q=" + "x" * 8170], ids=["no address", "too long"])
    async def test_is_well_whatever_addresses_its_callers_write(self, market, query):
        market.offer("good")
        market.group("llm", "good")
        await market.open()
        told = [await status_of(market, f"/g/llm?{query}") for _ in range(6)]
        assert told == [400] * 6
        assert not market.deps.health.is_out(make.service_id("good"), time.monotonic())


async def status_of(market, target: str) -> int:
    """Return how a request is answered whose address is sent as it is."""
    host, _, port = market.gateway.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"GET {target} HTTP/1.1\r\nhost: {host}\r\nx-api-key: {market.gateway.key}\r\nconnection: close\r\n\r\n"
    writer.write(head.encode())
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1])
