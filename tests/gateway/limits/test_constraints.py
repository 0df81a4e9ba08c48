"""Every row of docs/constraints.md that says "enforced" is kept, on whole calls; the test of each bears its name."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from domain.limits.constraints import FIELDS, quota_rules
from domain.limits.rules import Rule
from gateway.bounds import bounds_of
from gateway.limits import Caller, LimitBook
from gateway.stores.counters import MemoryCounters, RedisCounters
from tests.fakes.upstream import Hang, Until, json_answer, sse
from tests.gateway.conftest import offer

CHAT = {"choices": [], "usage": {"prompt_tokens": 30, "completion_tokens": 10, "total_tokens": 40}}


def at(*parts: int, zone: str = "UTC") -> int:
    return int(datetime(*parts, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def book_at(now: list[int]) -> LimitBook:
    return LimitBook(MemoryCounters(), now_ms=lambda: now[0])


async def statuses(gateway, count: int) -> list[int]:
    return [(await gateway.call()).status_code for _ in range(count)]


class TestQuotas:
    """Quotas by the calendar, whose hours a test cannot wait for: the book is asked at given times."""

    async def granted(self, constraints: dict, times: list[int], zone: str = "UTC") -> list[bool]:
        (rule,) = quota_rules({"constraints": constraints})
        now = [0]
        book, found = book_at(now), []
        for number, now[0] in enumerate(times):
            caller = Caller("team", "service", "default", "seller", "acme", zone)
            answer = await book.ask((rule,), caller, lambda _rule: 1, str(number))
            found.append(answer.refused is None)
        return found

    async def test_monthly_quota(self):
        berlin = "Europe/Berlin"
        times = [at(2026, 3, 1, zone=berlin), at(2026, 3, 31, 23, 59, zone=berlin), at(2026, 4, 1, zone=berlin)]
        assert await self.granted({"monthly_quota": 1}, times, berlin) == [True, False, True]
        # that midnight is two hours before the one of London's month
        assert await self.granted({"monthly_quota": 1}, times, "UTC") == [True, True, False]

    async def test_daily_quota(self):
        times = [at(2026, 3, 1, 0), at(2026, 3, 1, 23, 59), at(2026, 3, 2)]
        assert await self.granted({"daily_quota": 1}, times) == [True, False, True]

    @pytest.mark.parametrize(
        ("cycle", "next_one"),
        [
            ("daily", at(2026, 3, 3)),
            ("weekly", at(2026, 3, 9)),
            ("monthly", at(2026, 4, 1)),
            ("yearly", at(2027, 1, 1)),
        ],
    )
    async def test_quota_reset_cycle(self, cycle, next_one):
        times = [at(2026, 3, 2, 12), next_one - 1, next_one]
        assert await self.granted({"monthly_quota": 1, "quota_reset_cycle": cycle}, times) == [True, False, True]

    @pytest.mark.parametrize("store", [MemoryCounters, lambda: RedisCounters(os.environ["REDIS_URL"])])
    async def test_two_of_one_cycle_count_a_call_once(self, store):
        constraints = {"monthly_quota": 9, "quota_reset_cycle": "daily", "daily_quota": 4}
        rules, counters = tuple(quota_rules({"constraints": constraints})), store()
        book = LimitBook(counters)
        caller = Caller(str(uuid.uuid4()), "service", "default", "seller", "acme", "UTC")
        answers = [await book.ask(rules, caller, lambda _rule: 1, str(number)) for number in range(6)]
        await counters.close()
        assert [answer.refused is None for answer in answers] == [True] * 4 + [False] * 2

    async def test_a_refusal_says_when_the_month_is_over(self):
        now = [at(2026, 2, 28, 23, 59, 30)]
        rule, caller = Rule("customer", "requests", "month", 1), Caller("t", "s", "d", "x", "a", "UTC")
        book = book_at(now)
        await book.ask((rule,), caller, lambda _rule: 1, "a")
        assert (await book.ask((rule,), caller, lambda _rule: 1, "b")).retry_ms == 30_000


class TestOnCalls:
    async def bind(self, gateway, upstream, constraints: dict, *scripts, **config) -> None:
        upstream.answers(*(scripts or (json_answer({}),)))
        await offer(gateway, upstream, config={"constraints": constraints, **config})

    async def test_quota_unit(self, gateway, upstream):
        await self.bind(gateway, upstream, {"daily_quota": 60, "quota_unit": "input_tokens"}, json_answer(CHAT))
        # each call is counted with the 30 tokens that its usage says: after two the quota is used up
        assert await statuses(gateway, 3) == [200, 200, 429]

    @pytest.mark.parametrize(
        ("policy", "expected"),
        [("block", [200, 429, 429]), ("charge", [200, 200, 200]), ("throttle", [200, 200, 429]),
         ("queue", [200, 200, 429])],
    )  # fmt: skip
    async def test_overage_policy(self, gateway, upstream, policy, expected, monkeypatch):
        monkeypatch.setattr(gateway.app.runtime.deps.limits, "_now_ms", lambda: at(2026, 3, 1, 12))
        await self.bind(gateway, upstream, {"daily_quota": 1, "overage_policy": policy})
        assert await statuses(gateway, 3) == expected

    async def test_max_request_size_bytes(self, gateway, upstream):
        await self.bind(gateway, upstream, {"max_request_size_bytes": 60})
        assert (await gateway.call(body={"x": "y" * 100})).status_code == 413
        assert (await gateway.call(body={"x": "y"})).status_code == 200
        assert len(upstream.requests) == 1

    async def test_max_response_size_bytes(self, gateway, upstream):
        await self.bind(gateway, upstream, {"max_response_size_bytes": 50}, json_answer({"x": "y" * 100}))
        assert (await gateway.call()).json()["error"]["code"] == "answer_too_large"

    async def test_max_response_size_bytes_of_a_stream(self, gateway, upstream):
        await self.bind(gateway, upstream, {"max_response_size_bytes": 60}, sse([{"x": "y" * 30}] * 5))
        with pytest.raises(httpx.RemoteProtocolError):
            await gateway.call()

    async def test_timeout_seconds(self, gateway, upstream):
        await self.bind(gateway, upstream, {"timeout_seconds": 1}, [Hang()])
        assert (await gateway.call()).status_code == 504

    async def test_max_batch_size(self, gateway, upstream):
        await self.bind(gateway, upstream, {"max_batch_size": 2})
        for name in ("input", "inputs", "prompt", "requests"):
            assert (await gateway.call(body={name: ["a", "b", "c"]})).json()["error"]["code"] == "batch_too_large"
        assert (await gateway.call(body={"input": ["a", "b"]})).status_code == 200

    async def test_max_batch_size_takes_one_entry_for_one_whatever_it_is_made_of(self, gateway, upstream):
        await self.bind(gateway, upstream, {"max_batch_size": 1})
        turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
        assert (await gateway.call(body={"input": [9906, 11, 1917]})).status_code == 200
        assert (await gateway.call("/p/acme/chat/v1/responses", body={"input": turns})).status_code == 200
        assert (await gateway.call("/p/acme/chat/v1/embeddings", body={"input": turns})).status_code == 422

    async def test_max_concurrent_requests(self, gateway, upstream):
        go_on = asyncio.Event()
        await self.bind(gateway, upstream, {"max_concurrent_requests": 1}, [Until(go_on), *json_answer({})])
        first = asyncio.create_task(gateway.call())
        while not upstream.requests:
            await asyncio.sleep(0.01)
        assert (await gateway.call()).json()["error"]["code"] == "too_many_concurrent"
        go_on.set()
        assert (await first).status_code == 200

    async def test_connection_timeout_seconds(self, gateway, upstream):
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            # nobody accepts, and the queue holds one: the system lets every further connection wait
            waiting = [socket.socket() for _ in range(3)]
            for each in waiting:
                each.setblocking(False)
                each.connect_ex(full.getsockname())
            await self.bind(gateway, upstream, {"connection_timeout_seconds": 1})
            address = f"http://127.0.0.1:{full.getsockname()[1]}"
            config = {"constraints": {"connection_timeout_seconds": 1}, "base_url": address}
            await offer(gateway, upstream, config=config)
            async with asyncio.timeout(4.5):  # less than the five seconds that a connection may take otherwise
                told = await gateway.call()
            for each in waiting:
                each.close()
        assert (told.status_code, told.json()["error"]["code"]) == (504, "upstream_timeout")

    def test_times_are_at_most_the_gateways_own(self):
        bounds = bounds_of({"constraints": {"connection_timeout_seconds": 30, "timeout_seconds": 9000}}, {})
        assert (bounds.timeouts.connect, bounds.timeouts.total) == (5, 600)


def test_every_row_that_is_enforced_has_its_test():
    tested = {name.removeprefix("test_") for each in (TestQuotas, TestOnCalls) for name in vars(each)}
    assert {name for name, (treatment, _) in FIELDS.items() if treatment == "enforced"} <= tested


def test_what_is_shown_changes_nothing():
    shown = {name: 1 for name, (treatment, _) in FIELDS.items() if treatment == "shown"}
    assert shown
    assert bounds_of({"constraints": shown}, {}) is None
