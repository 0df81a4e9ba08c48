"""The stores of limits keep the same promises, in memory and in Redis."""

from __future__ import annotations

import asyncio
import os
import threading
import time
import uuid
from decimal import Decimal

import pytest

from domain.call_tokens import CallToken
from gateway.budgets import Budgets, BudgetSpent
from gateway.stores.counters import (
    SLOT_MS,
    CountersUnavailable,
    Demand,
    MemoryCounters,
    RedisCounters,
    clock_ms,
)


@pytest.fixture(params=["memory", "redis"])
async def counters(request):
    redis = RedisCounters(os.environ["REDIS_URL"], timeout_seconds=30)
    store = MemoryCounters() if request.param == "memory" else redis
    yield store
    await store.close()


@pytest.fixture
def tag():
    return str(uuid.uuid4())


def window(tag: str, limit: int, amount: int = 1, **changes) -> Demand:
    return Demand(tag, "w", "window", limit, amount, float(clock_ms() + 60_000), **changes)


class TestAWindow:
    async def test_grants_its_limit_and_no_more(self, counters, tag):
        now = clock_ms()
        verdicts = [await counters.take([window(tag, 3)], token=str(n), now_ms=now) for n in range(5)]
        assert [verdict.refused for verdict in verdicts] == [None, None, None, 0, 0]
        assert [verdict.left[0] for verdict in verdicts] == [2, 1, 0, 0, 0]

    async def test_counts_what_was_used_in_place_of_the_estimate(self, counters, tag):
        demand, now = window(tag, 100, 60), clock_ms()
        await counters.take([demand], token="a", now_ms=now)
        assert (await counters.take([demand], token="b", now_ms=now)).refused == 0
        await counters.settle([(demand, -50)], token="a")
        assert (await counters.take([demand], token="b", now_ms=now)).left == (30,)

    async def test_may_end_within_a_millisecond(self, counters, tag):
        demand = Demand(tag, "w", "window", 1, 1, clock_ms() + 60_000.625)
        assert (await counters.take([demand], token="a", now_ms=clock_ms())).left == (0,)

    async def test_only_counts_where_it_is_told_to(self, counters, tag):
        demand = window(tag, 1, is_counted_only=True)
        verdicts = [await counters.take([demand], token=str(n), now_ms=clock_ms()) for n in range(3)]
        assert [verdict.refused for verdict in verdicts] == [None, None, None]
        assert verdicts[-1].left == (-2,)


class TestAPace:
    async def test_lets_a_burst_through_and_then_its_pace(self, counters, tag):
        demand, now = Demand(tag, "p", "pace", 2, 1, 1000.0), clock_ms()
        first = [(await counters.take([demand], token="t", now_ms=now)).refused for _ in range(3)]
        later = [(await counters.take([demand], token="t", now_ms=now + 1000)).refused for _ in range(2)]
        assert (first, later) == ([None, None, 0], [None, 0])


class TestSlots:
    async def test_are_free_again_when_a_call_ends(self, counters, tag):
        demand, now = Demand(tag, "s", "slots", 1, 1), clock_ms()
        assert (await counters.take([demand], token="a", now_ms=now)).refused is None
        assert (await counters.take([demand], token="b", now_ms=now)).refused == 0
        await counters.settle([(demand, 0)], token="a")
        assert (await counters.take([demand], token="b", now_ms=now)).refused is None

    async def test_of_a_process_that_died_end_by_themselves(self, counters, tag):
        demand, now = Demand(tag, "s", "slots", 1, 1), clock_ms()
        await counters.take([demand], token="dead", now_ms=now)
        assert (await counters.take([demand], token="b", now_ms=now + SLOT_MS - 1)).refused == 0
        assert (await counters.take([demand], token="b", now_ms=now + SLOT_MS)).refused is None

    async def test_are_held_by_signs_of_life(self, counters, tag):
        demand, now = Demand(tag, "s", "slots", 1, 1), clock_ms()
        await counters.take([demand], token="a", now_ms=now)
        await counters.renew([(demand, "a")], now_ms=now + 30_000)
        assert (await counters.take([demand], token="b", now_ms=now + SLOT_MS)).refused == 0


class TestSeveralDemands:
    async def test_are_granted_together_or_not_at_all(self, counters, tag):
        mine, shared, now = window(tag, 10), window(f"{tag}-shared", 1), clock_ms()
        assert (await counters.take([mine, shared], token="a", now_ms=now)).refused is None
        assert (await counters.take([mine, shared], token="b", now_ms=now)).refused == 1
        # what was taken of the first has come back
        assert (await counters.take([mine], token="c", now_ms=now)).left == (8,)


class TestRedis:
    def test_lets_exactly_the_limit_through_over_four_processes_worth_of_loops(self, tag):
        demand, now = window(tag, 100), clock_ms()
        passed: list[int] = []

        def process(number: int) -> None:
            async def calls() -> int:
                store = RedisCounters(os.environ["REDIS_URL"], timeout_seconds=30)
                asked = (store.take([demand], token=f"{number}-{n}", now_ms=now) for n in range(50))
                verdicts = await asyncio.gather(*asked)
                await store.close()
                return sum(verdict.refused is None for verdict in verdicts)

            passed.append(asyncio.run(calls()))

        threads = [threading.Thread(target=process, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(passed) == 4
        assert sum(passed) == 100

    async def test_lets_exactly_the_limit_through_however_many_calls_ask_at_once(self, tag):
        store, demand, now = RedisCounters(os.environ["REDIS_URL"], timeout_seconds=30), window(tag, 100), clock_ms()
        verdicts = await asyncio.gather(*(store.take([demand], token=str(n), now_ms=now) for n in range(400)))
        await store.close()
        assert sum(verdict.refused is None for verdict in verdicts) == 100

    async def test_that_is_away_says_so(self, tag):
        store = RedisCounters("redis://127.0.0.1:1/0")
        with pytest.raises(CountersUnavailable):
            await store.take([window(tag, 1)], token="a", now_ms=clock_ms())
        await store.close()


class TestBudgets:
    async def test_are_kept_until_a_token_ends_which_is_seldom_at_a_whole_millisecond(self, counters, tag):
        token = CallToken("team", "playground", tag, time.time() + 60.0001234, cap=Decimal("0.5"))
        budgets = Budgets(counters)

        await budgets.take(token, Decimal("0.3"))

        with pytest.raises(BudgetSpent) as spent:
            await budgets.take(token, Decimal("0.3"))
        assert spent.value.left == Decimal("0.2")
