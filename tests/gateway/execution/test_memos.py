"""/m/: what is remembered, for whom, for how long, and what it costs."""

from __future__ import annotations

import asyncio

import pytest

from domain import api_keys
from domain.routing.snapshot import BroadcastTarget
from gateway.kept import Kept, decode
from gateway.stores.memos import RedisMemos
from tests.factories import records as make
from tests.fakes.upstream import Die, Until, answer, json_answer, sse

OTHER_TEAM = "7d0d8e0e-0000-4000-8000-0000000000a2"


async def open_with(market, *scripts, **changes):
    market.offer("acme", *scripts, **changes)
    await market.open()


class TestARememberedAnswer:
    async def test_comes_at_once_for_nothing_and_says_its_age(self, market):
        await open_with(market, json_answer({"n": 1}, headers=[("x-up", "a")]), json_answer({"n": 2}))
        first = await market.gateway.call("/m/p/acme")
        second = await market.gateway.call("/m/p/acme")
        assert first.json() == second.json() == {"n": 1}
        assert (first.headers["x-usvc-cache"], second.headers["x-usvc-cache"]) == ("miss", "hit")
        assert (second.headers["age"], second.headers["x-up"], second.headers["x-usvc-service"]) == ("0", "a", "acme")
        assert first.headers["x-request-id"] != second.headers["x-request-id"]
        assert len(await market.gateway.events(1)) == len(market.requests("acme")) == 1

    async def test_is_served_with_an_empty_wallet(self, market):
        await open_with(market, price=make.price("1", id=make.service_id("all")))
        codes = [(await market.gateway.call(path)).status_code for path in ("/m/p/acme", "/m/p/acme", "/p/acme")]
        assert codes == [200, 200, 402]

    async def test_is_renewed_when_asked(self, market):
        await open_with(market, json_answer({"n": 1}), json_answer({"n": 2}), json_answer({"n": 3}))
        paths = ["/m/p/acme", "/m/p/acme?_renew", "/m/p/acme"]
        assert [(await market.gateway.call(path)).json()["n"] for path in paths] == [1, 2, 2]

    async def test_of_a_stream_is_a_stream_again(self, market):
        await open_with(market, sse([{"choices": [{"delta": {"content": "a"}}]}, "[DONE]"]))
        told = [await market.gateway.call("/m/p/acme", {"stream": True}) for _ in range(2)]
        assert told[0].text == told[1].text
        assert told[1].headers["content-type"] == "text/event-stream"
        assert told[1].headers["transfer-encoding"] == "chunked"
        assert len(market.requests("acme")) == 1

    @pytest.mark.parametrize(
        "change",
        [{"body": {"model": "other"}}, {"path": "/m/p/acme/deep"}, {"path": "/m/p/acme?q=1"},
         {"headers": {"accept-language": "de"}}],
        ids=["body", "path", "query", "language"],
    )  # fmt: skip
    async def test_is_for_the_same_call_only(self, market, change):
        await open_with(market)
        await market.gateway.call("/m/p/acme")
        await market.gateway.call(change.pop("path", "/m/p/acme"), change.pop("body", None), **change)
        assert len(market.requests("acme")) == 2

    async def test_of_what_a_group_offers_is_that_groups_alone(self, market):
        market.group("first", "acme")
        market.offer("other")
        market.group("second", "other")
        await open_with(market)
        headers = {"authorization": f"Bearer {market.gateway.key}"}
        told = [await market.gateway.client.get(f"/m/g/{name}/models", headers=headers) for name in ("first", "second")]
        assert [[model["id"] for model in each.json()["data"]] for each in told] == [["acme"], ["other"]]

    async def test_of_a_task_is_that_tasks_alone(self, market):
        headers = {"authorization": f"Bearer {market.gateway.key}"}
        ids = [make.service_id(name) for name in ("one", "two")]
        for name, task_id in zip(("one", "two"), ids, strict=True):
            await market.gateway.tasks.start(team_id=make.TEAM, broadcast="both", tasks=[(task_id, name)])
            await market.gateway.tasks.finish(task_id=task_id, answer={"name": name})
        told = [await market.gateway.client.get(f"/m/b/tasks/{task_id}", headers=headers) for task_id in ids]
        assert told[0].json() != told[1].json()

    async def test_is_found_however_the_call_is_spelled(self, market):
        market.alias("llm", "p/acme")
        await open_with(market)
        await market.gateway.call("/m/p/acme?b=2&a=1")
        for path in ("/l/m/p/acme?a=1&b=2&_ttl=5m", "/m/a/llm?a=1&b=2", f"/m/p/{make.service_id('acme')}?b=2&a=1"):
            assert (await market.gateway.call(path)).headers["x-usvc-cache"] == "hit"

    async def test_within_the_same_remembered_answer_is_not_waited_for(self, market):
        market.alias("llm", "t/m/p/acme?_to=p/acme")
        await open_with(market)
        async with asyncio.timeout(3):
            told = [await market.gateway.call("/m/a/llm") for _ in range(2)]
        assert [each.headers["x-usvc-cache"] for each in told] == ["miss", "hit"]

    async def test_is_never_another_customers(self, market):
        await open_with(market)
        await market.gateway.call("/m/p/acme")
        gateway = market.gateway
        other = gateway.publish_key(raw=api_keys.new_key(), team_id=OTHER_TEAM)
        gateway.records.put("customer", OTHER_TEAM, {**gateway.records.rows[("customer", make.TEAM)].body,
                                                     "team_id": OTHER_TEAM})  # fmt: skip
        await market.open()
        told = await gateway.client.post("/m/p/acme", json={"model": "m"}, headers={"x-api-key": other})
        assert told.headers["x-usvc-cache"] == "miss"

    @pytest.mark.parametrize("status", [206, 302, 400, 404, 429, 500])
    async def test_is_never_anything_but_a_success(self, market, status):
        await open_with(market, answer(b"no", status=status), json_answer({}))
        assert (await market.gateway.call("/m/p/acme")).status_code == status
        assert (await market.gateway.call("/m/p/acme")).status_code == 200

    async def test_is_never_half_of_one(self, market):
        await open_with(market, sse([{"a": 1}], end=[Die()]), sse([{"a": 1}, "[DONE]"]))
        with pytest.raises(Exception, match=r"(?i)closed|incomplete|peer"):
            await market.gateway.call("/m/p/acme")
        assert (await market.gateway.call("/m/p/acme")).text.endswith("[DONE]\n\n")


class TestIdenticalCallsAtTheSameTime:
    async def test_are_one_upstream_call(self, market):
        go_on = asyncio.Event()
        await open_with(market, [Until(go_on), *json_answer({"n": 1})])
        calls = [asyncio.create_task(market.gateway.call("/m/p/acme")) for _ in range(10)]
        await asyncio.sleep(0.1)
        go_on.set()
        told = await asyncio.gather(*calls)
        assert [each.json() for each in told] == [{"n": 1}] * 10
        assert len(market.requests("acme")) == 1
        assert sorted(each.headers["x-usvc-cache"] for each in told) == ["hit"] * 9 + ["miss"]

    async def test_go_their_own_way_when_the_first_fails(self, market):
        go_on = asyncio.Event()
        await open_with(market, [Until(go_on), *answer(b"", status=500)], json_answer({"n": 1}))
        first = asyncio.create_task(market.gateway.call("/m/p/acme"))
        await asyncio.sleep(0.1)
        others = [asyncio.create_task(market.gateway.call("/m/p/acme")) for _ in range(3)]
        await asyncio.sleep(0.05)
        go_on.set()
        assert (await first).status_code == 500
        assert [each.status_code for each in await asyncio.gather(*others)] == [200] * 3

    async def test_are_one_more_when_the_first_ones_client_leaves(self, market):
        never, go_on = asyncio.Event(), asyncio.Event()
        await open_with(market, [Until(never), *json_answer({"n": 1})], [Until(go_on), *json_answer({"n": 2})])
        object.__setattr__(market.deps.settings, "drain_seconds", 0.05)
        first = asyncio.create_task(market.gateway.call("/m/p/acme"))
        await asyncio.sleep(0.1)
        others = [asyncio.create_task(market.gateway.call("/m/p/acme")) for _ in range(5)]
        await asyncio.sleep(0.05)
        first.cancel()
        await asyncio.sleep(0.3)
        go_on.set()
        told = await asyncio.gather(*others)
        assert ([each.json() for each in told], len(market.requests("acme"))) == ([{"n": 2}] * 5, 2)

    async def test_are_one_more_when_the_time_of_the_first_is_over(self, market):
        never, go_on = asyncio.Event(), asyncio.Event()
        market.broadcast("short", BroadcastTarget("one", "m/p/acme", timeout_ms=150))
        await open_with(market, [Until(never), *json_answer({"n": 1})], [Until(go_on), *json_answer({"n": 2})])
        first = asyncio.create_task(market.gateway.call("/b/short"))
        await asyncio.sleep(0.1)
        others = [asyncio.create_task(market.gateway.call("/m/p/acme")) for _ in range(5)]
        assert (await first).status_code == 424
        await asyncio.sleep(0.1)
        go_on.set()
        told = await asyncio.gather(*others)
        assert ([each.json() for each in told], len(market.requests("acme"))) == ([{"n": 2}] * 5, 2)

    async def test_in_another_process_are_waited_for(self, market):
        await open_with(market)
        memos = market.gateway.memos
        await market.gateway.call("/m/p/acme")
        (key,) = memos._kept
        stored = await memos.get(key)
        memos._forget(key)
        token = await memos.claim(key, 60)
        waiting = asyncio.create_task(market.gateway.call("/m/p/acme"))
        await asyncio.sleep(0.15)
        assert not waiting.done()
        await memos.put(key, stored, 60)
        await memos.release(key, token)
        assert (await waiting).headers["x-usvc-cache"] == "hit"

    async def test_in_another_process_that_ends_just_now_are_one_upstream_call_too(self, market, monkeypatch):
        await open_with(market)
        memos = market.gateway.memos
        await market.gateway.call("/m/p/acme")
        looks = iter([False])  # this process looks before the other one has stored its answer, and claims after it

        async def get(key):
            return await type(memos).get(memos, key) if next(looks, True) else None

        monkeypatch.setattr(memos, "get", get)
        assert (await market.gateway.call("/m/p/acme")).headers["x-usvc-cache"] == "hit"
        assert (len(market.requests("acme")), memos._claims) == (1, {})


class TestTheOptions:
    @pytest.mark.parametrize("ttl", ["0s", "8d", "10", "soon", "-5m", "1w"])
    async def test_that_are_no_durations_are_refused(self, market, ttl):
        await open_with(market)
        told = await market.gateway.call(f"/m/p/acme?_ttl={ttl}")
        assert (told.status_code, told.json()["error"]["code"]) == (400, "bad_duration")


class TestWhatIsStored:
    def test_reads_back_as_it_was(self):
        kept = Kept(200, [(b"content-type", b"text/event-stream")], [b"a\n\n", b"", b"b\nc"], 5.0)
        assert decode(kept.encode()) == kept

    @pytest.mark.parametrize("stored", [b"", b"{}", b"null\n", b'{"lengths": [5]}\nabc', b"\xff\n"])
    def test_that_is_something_else_is_not_there(self, stored):
        assert decode(stored) is None


class TestARedisThatIsAway:
    async def test_is_a_miss_and_never_an_error(self, market):
        object.__setattr__(market.deps, "memos", RedisMemos("redis://127.0.0.1:1/0"))
        await open_with(market, json_answer({"n": 1}), json_answer({"n": 2}))
        told = [await market.gateway.call("/m/p/acme") for _ in range(2)]
        assert [(each.status_code, each.headers["x-usvc-cache"]) for each in told] == [(200, "miss")] * 2
