"""Two gateways that hear of each other by the real Redis: who is left out by one is left out by both."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack

import pytest
import redis.asyncio

from gateway.stores import tidings as stores
from gateway.stores.tidings import RedisTidings
from tests.factories import records as make
from tests.fakes.upstream import answer, json_answer
from tests.gateway.execution.market import Market
from tests.gateway.harness import serving

BAD = make.service_id("bad")


@pytest.fixture
def channel(monkeypatch, tmp_path) -> str:
    """A channel that no other test speaks on."""
    name = f"gateway-health-{tmp_path}"
    monkeypatch.setattr(stores, "_CHANNEL", name)
    return name


@pytest.fixture
async def heard(channel):
    """The same Redis, to see who listens and to speak."""
    async with redis.asyncio.Redis.from_url(os.environ["REDIS_URL"]) as client:
        yield client


@pytest.fixture
async def markets(tmp_path, upstream, channel, heard):
    """Two gateways in front of one upstream; what is offered by one is offered by the other."""
    async with AsyncExitStack() as stack:
        made = []
        for name in ("one", "two"):
            gateway = await stack.enter_async_context(
                serving(tmp_path / name, tidings=RedisTidings(os.environ["REDIS_URL"]))
            )
            made.append(Market(gateway, upstream))
        upstream.answers_by(made[0]._script)
        members = make.member("bad", price="1"), make.member("good", price="2")
        for market in made:
            market.offer("bad", answer(b"", status=500))
            market.offer("good")
            market.group("llm", *members, policy="by_price")
            await market.open()
        await until(lambda: listeners(heard, channel), 2)
        yield made


async def listeners(client, channel: str) -> int:
    return (await client.pubsub_numsub(channel))[0][1]


async def until(asked, wanted) -> None:
    async with asyncio.timeout(10):
        while (await asked()) != wanted:
            await asyncio.sleep(0.02)


async def is_out(market: Market, service_id: str = BAD) -> bool:
    return market.deps.health.is_out(service_id, asyncio.get_running_loop().time())


async def statuses(market: Market, count: int) -> list[int]:
    return [(await market.gateway.call("/g/llm")).status_code for _ in range(count)]


async def test_who_fails_at_one_gateway_is_left_out_by_the_other_and_back_when_one_probe_is_well(markets):
    one, two = markets
    assert await statuses(one, 6) == [500] * 5 + [200]
    await until(lambda: is_out(two), True)
    assert await statuses(two, 3) == [200] * 3
    assert len(one.requests("bad")) == 5

    one.answers("bad", json_answer({"from": "bad"}))
    one.deps.health.succeeded(BAD, asyncio.get_running_loop().time() + 6, 10.0)  # its probe, once the time is over
    await until(lambda: is_out(two), False)
    assert (await two.gateway.call("/g/llm")).json() == {"from": "bad"}


async def test_what_is_no_news_changes_nothing(markets, heard, channel):
    for told in (b"", b"5", b'["x"]', b'["x", "y", 5]', f'["x", "{BAD}", "5"]', f'["x", "{BAD}", NaN]',
                 f'["x", "{BAD}", -1]', f'["x", "{BAD}", 1e9]', f'["x", "{BAD}", true]'):  # fmt: skip
        await heard.publish(channel, told)
    last = make.service_id("good")
    await heard.publish(channel, f'["x", "{last}", 5]')
    _, two = markets
    async with asyncio.timeout(10):
        while not two.deps.health.is_out(last, asyncio.get_running_loop().time()):
            await asyncio.sleep(0.02)
    assert not await is_out(two)


async def test_without_redis_each_gateway_finds_out_by_itself(tmp_path, upstream):
    async with serving(tmp_path, tidings=RedisTidings("redis://127.0.0.1:1/0")) as gateway:
        market = Market(gateway, upstream)
        market.offer("bad", answer(b"", status=500))
        market.offer("good")
        market.group("llm", make.member("bad", price="1"), make.member("good", price="2"), policy="by_price")
        await market.open()
        assert await statuses(market, 7) == [500] * 5 + [200] * 2


async def test_who_lost_redis_hears_again_once_it_is_back(markets, heard, channel):
    one, two = markets
    ours = [each["id"] for each in await heard.client_list() if each["name"] == channel]
    for each in ours:
        await heard.client_kill_filter(_id=each)
    assert len(ours) >= 2
    other = make.service_id("other")

    async def hear() -> bool:
        # for a moment Redis may count two listeners of one gateway, so each is asked whether it has heard
        await heard.publish(channel, f'["x", "{other}", 5]')
        return await is_out(one, other) and await is_out(two, other)

    await until(hear, True)
    await statuses(one, 5)
    await until(lambda: is_out(two), True)
