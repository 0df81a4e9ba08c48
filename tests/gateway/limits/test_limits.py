"""Limits and constraints of channels, on whole calls."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from domain.limits.rules import Rule
from gateway.limits import Caller, LimitBook, LimitsUnknown
from gateway.stores.counters import CountersUnavailable, MemoryCounters
from tests.factories import records as make
from tests.fakes.upstream import Hang, Until, head, json_answer
from tests.fakes.upstream import Send as SendBytes
from tests.gateway.conftest import offer
from tests.gateway.harness import serving

A_DAY = {"unit": "requests", "window": "day"}
CHAT = {"choices": [], "usage": {"prompt_tokens": 30, "completion_tokens": 10, "total_tokens": 40}}
TOKENS = {"type": "one_million_tokens", "input": "3", "output": "15"}


def code(answer):
    return answer.status_code, answer.json()["error"]["code"]


class TestALimit:
    async def test_refuses_what_is_above_it_and_says_when_to_come_back(self, gateway, upstream):
        upstream.answers(json_answer({}))
        await offer(gateway, upstream, config={"customer_rate_limit": {"limit": 2, **A_DAY}})
        answers = [await gateway.call() for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
        refused = answers[2]
        assert code(refused) == (429, "rate_limited")
        assert 0 < int(refused.headers["retry-after"]) <= 86_400
        assert refused.headers["x-ratelimit-limit-requests"] == "2"
        assert len(upstream.requests) == 2
        assert len(await gateway.events(2)) == 2

    async def test_replaces_what_the_upstream_says_of_its_own(self, gateway, upstream):
        upstream.answers(json_answer({}, headers=[("x-ratelimit-limit-requests", "999")]))
        await offer(gateway, upstream, config={"channel_rate_limit": [{"limit": 2, **A_DAY}]})
        answer = await gateway.call()
        assert answer.headers.get_list("x-ratelimit-limit-requests") == ["2"]

    async def test_is_not_told_of_where_there_is_none(self, gateway, upstream):
        upstream.answers(json_answer({}, headers=[("x-ratelimit-limit-requests", "999")]))
        answer = await gateway.call()
        assert answer.headers.get_list("x-ratelimit-limit-requests") == ["999"]
        assert "ratelimit-limit" not in answer.headers

    async def test_of_tokens_counts_what_was_used(self, gateway, upstream):
        upstream.answers(json_answer(CHAT))
        limit = {"limit": 100, "unit": "tokens", "window": "day"}
        await offer(gateway, upstream, price=make.price(price=TOKENS), config={"customer_rate_limit": limit})
        body = {"model": "m", "max_tokens": 50}
        answers = [await gateway.call(body=body) for _ in range(3)]
        # about 60 are set aside and 40 used: the second fits, and so 80 are gone; the third may take too many
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].headers["x-ratelimit-remaining-tokens"] == "20"

    @pytest.mark.parametrize(
        ("unit", "limit", "statuses", "left"),
        [
            # before a call 8 are taken (30 bytes of request), after it 30: 0+8, 30+8, 60+8, then 90+8 are too many
            ("input_tokens", 70, [200, 200, 200, 429], None),
            # 50 before, 10 after: 0+50, 10+50, then 20+50 are too many
            ("output_tokens", 65, [200, 200, 429], "45"),
            # 30 before, 118 after, with the answer's 88: 0+30, 118+30, 236+30, then 354+30 are too many
            ("bytes", 300, [200, 200, 200, 429], None),
            # 58 before, 40 after: 0+58, 40+58, then 80+58 are too many
            ("tokens", 130, [200, 200, 429], "50"),
        ],
    )
    async def test_of_any_unit_takes_an_estimate_and_then_what_was_used(
        self, gateway, upstream, unit, limit, statuses, left
    ):
        upstream.answers(json_answer(CHAT))
        rule = {"limit": limit, "unit": unit, "window": "month"}
        await offer(gateway, upstream, price=make.price(price=TOKENS), config={"customer_rate_limit": rule})
        answers = [await gateway.call(body={"model": "m", "max_tokens": 50}) for _ in statuses]
        assert [answer.status_code for answer in answers] == statuses
        if left is not None:
            assert answers[-1].headers["ratelimit-remaining"] == left

    async def test_with_a_burst_lets_so_many_through_at_once(self, gateway, upstream):
        upstream.answers(json_answer({}))
        rule = {"limit": 1, "unit": "requests", "window": "hour", "burst_limit": 3}
        await offer(gateway, upstream, config={"channel_rate_limit": rule})
        answers = await asyncio.gather(*(gateway.call() for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 429, 429]

    async def test_of_the_sellers_account_counts_over_its_services(self, gateway, upstream):
        upstream.answers(json_answer({}))
        limits = {"rpd": {"name": "rpd", "limit": 1, **A_DAY}}
        shared = {"config": {"rate_limit_refs": ["rpd"]}, "account_limits": limits}
        await offer(gateway, upstream, **shared)
        await offer(gateway, upstream, id=make.OTHER_SERVICE, name="acme/two", path="acme/two", **shared)
        assert (await gateway.call()).status_code == 200
        assert code(await gateway.call("/p/acme/two")) == (429, "rate_limited")

    async def test_takes_nothing_when_the_money_is_missing(self, tmp_path, upstream):
        upstream.answers(json_answer({}))
        async with serving(tmp_path, balance="0.01") as gateway:
            dear = make.price("0.02", id="7d0d8e0e-0000-4000-8000-0000000000d1")
            limit = {"customer_rate_limit": {"limit": 1, **A_DAY}}
            await offer(gateway, upstream, price=dear, config=limit)
            assert (await gateway.call()).status_code == 402
            await offer(gateway, upstream, config=limit)
            assert (await gateway.call()).status_code == 200

    async def test_of_calls_at_the_same_time_is_free_when_one_has_ended(self, gateway, upstream):
        go = asyncio.Event()
        upstream.answers([Until(go), *json_answer({})])
        await offer(gateway, upstream, config={"channel_rate_limit": {"limit": 1, "unit": "concurrent"}})
        first = asyncio.create_task(gateway.call())
        while not upstream.requests:
            await asyncio.sleep(0.01)
        assert code(await gateway.call()) == (429, "too_many_concurrent")
        go.set()
        assert (await first).status_code == 200
        assert (await gateway.call()).status_code == 200

    async def test_of_a_client_that_left_is_free_again(self, gateway, upstream):
        upstream.answers([SendBytes(head(200, [("content-length", "5")])), Hang()], json_answer({}))
        one = {"limit": 1, "unit": "concurrent"}
        await offer(gateway, upstream, config={"channel_rate_limit": one, "constraints": {"timeout_seconds": 1}})
        with pytest.raises(httpx.ReadTimeout):
            await gateway.call(timeout=0.3)
        async with asyncio.timeout(5):
            while (await gateway.call()).status_code != 200:
                await asyncio.sleep(0.05)


class _Away(MemoryCounters):
    async def take(self, demands, *, token, now_ms):
        raise CountersUnavailable("away")


class TestWithoutTheStore:
    async def test_each_process_counts_for_itself_and_then_refuses(self):
        now = [0.0]
        book = LimitBook(_Away(), clock=lambda: now[0], open_seconds=300)
        caller = Caller("team", "service", "default", "seller", "acme", "UTC")
        rules = (Rule("customer", "requests", "day", 2),)

        async def ask():
            return (await book.ask(rules, caller, lambda rule: 1, "token")).refused is None

        assert [await ask() for _ in range(3)] == [True, True, False]
        now[0] = 301.0
        with pytest.raises(LimitsUnknown):
            await ask()


class TestAHostThatDoesNotAnswer:
    async def test_is_left_alone_and_tried_again(self, gateway, upstream):
        await offer(gateway, upstream)
        await upstream.stop()
        answers = [await gateway.call() for _ in range(9)]
        assert [answer.status_code for answer in answers] == [502] * 8 + [503]
        assert code(answers[8]) == (503, "upstream_circuit_open")
        assert 1 <= int(answers[8].headers["retry-after"]) <= 2
