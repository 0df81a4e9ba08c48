"""Four gateway processes of the operating system on one port: what they count and remember, they share."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest
import pytest_asyncio

from tests.fakes.upstream import FakeUpstream, Hang, Wait, json_answer
from tests.gateway.processes.fleet import Fleet

pytestmark = [pytest.mark.chaos, pytest.mark.asyncio(loop_scope="module")]
A_MINUTE = {"limit": 100, "unit": "requests", "window": "minute"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def upstream():
    async with FakeUpstream() as upstream:
        slow = [Wait(0.3), *json_answer({"n": 1})]
        scripts = {"slow": slow, "hangs": [Hang()]}
        upstream.answers_by(lambda asked: scripts.get(asked.target.split("/")[1], json_answer({"n": 1})))
        yield upstream


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fleet(upstream, tmp_path_factory):
    fleet = Fleet(tmp_path_factory.mktemp("fleet"), upstream.port)
    fleet.offer("limited", customer_rate_limit=A_MINUTE)
    fleet.offer("slow")
    await fleet.start(4)
    yield fleet
    fleet.kill()


async def a_fresh_minute() -> None:
    """Wait where the minute would turn while the test counts."""
    left = 60 - time.time() % 60
    if left < 15:
        await asyncio.sleep(left + 0.1)


class TestALimitOfAHundredAMinute:
    async def test_lets_a_hundred_through_and_no_more(self, fleet, upstream):
        await a_fresh_minute()
        async with fleet.client() as client:
            answers = await asyncio.gather(*(client.post("/p/limited", json={"model": "m"}) for _ in range(300)))
        assert Counter(answer.status_code for answer in answers) == {200: 100, 429: 200}
        assert sum(asked.target.startswith("/limited") for asked in upstream.requests) == 100
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert (refused.headers["ratelimit-limit"], refused.headers["ratelimit-remaining"]) == ("100", "0")
        async with asyncio.timeout(10):
            while len(events := [each for each in fleet.events() if each["path"] == "/p/limited"]) < 100:
                await asyncio.sleep(0.1)
        # who of the four takes a connection is up to the system; it was not one alone
        assert len({event["gateway_id"] for event in events}) > 1


class TestIdenticalCallsOfSeveralProcesses:
    async def test_are_one_upstream_call(self, fleet, upstream):
        async with fleet.client() as client:
            calls = (client.post("/m/p/slow", json={"model": "m"}) for _ in range(40))
            answers = await asyncio.gather(*calls)
        assert {answer.text for answer in answers} == {'{"n": 1}'}
        assert sum(asked.target.startswith("/slow") for asked in upstream.requests) == 1
        assert Counter(answer.headers["x-usvc-cache"] for answer in answers) == {"miss": 1, "hit": 39}


class TestPlacesAmongConcurrentCalls:
    async def test_of_a_process_that_was_killed_are_free_after_a_minute(self, upstream, tmp_path):
        fleet = Fleet(tmp_path, upstream.port)
        fleet.offer("hangs", channel_rate_limit={"limit": 2, "unit": "concurrent"})
        await fleet.start(1)
        async with fleet.client() as client:
            open_calls = [asyncio.create_task(client.post("/p/hangs", json={})) for _ in range(2)]
            async with asyncio.timeout(10):
                while sum(asked.target.startswith("/hangs") for asked in upstream.requests) < 2:
                    await asyncio.sleep(0.02)
            assert (await client.post("/p/hangs", json={})).json()["error"]["code"] == "too_many_concurrent"
            fleet.kill()
            await asyncio.gather(*open_calls, return_exceptions=True)

            await fleet.start(1)
            assert (await client.post("/p/hangs", json={})).status_code == 429  # nobody knows yet that it died
            fleet.kill()

            await fleet.start(1, CLOCK_AHEAD_MS="61000")
            granted = asyncio.create_task(client.post("/p/hangs", json={}))
            async with asyncio.timeout(10):
                while sum(asked.target.startswith("/hangs") for asked in upstream.requests) < 3:
                    await asyncio.sleep(0.02)
            fleet.kill()
            await asyncio.gather(granted, return_exceptions=True)
