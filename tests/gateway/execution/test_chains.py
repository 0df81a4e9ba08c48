"""/c/: which step follows which, what it reads of those before it, and what everything costs."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import orjson
import pytest

from domain.routing.snapshot import ALIAS, AliasRecord, AliasRow, ChainStep
from tests.factories import records as make
from tests.fakes.upstream import Die, Until, answer, json_answer, sse
from tests.gateway.execution.market import Market
from tests.gateway.harness import serving


def step(name, **changes):
    return ChainStep(name, changes.pop("target", f"p/{name}"), **changes)


async def call(market, path="/c/work", **more):
    await market.open()
    return await market.gateway.call(path, **more)


class TestTheWay:
    @pytest.mark.parametrize(
        ("on_success", "on_failure", "first", "answers", "way"),
        [
            ("stop", "relay", 200, "one", "one 200"),
            ("stop", "relay", 500, "one", "one 500"),
            ("stop", "stop", 404, "one", "one 404"),
            ("stop", "continue", 500, "two", "one 500, two 200"),
            ("continue", "relay", 200, "two", "one 200, two 200"),
            ("three", "relay", 200, "three", "one 200, three 200"),
            ("stop", "three", 429, "three", "one 429, three 200"),
        ],
    )
    async def test_goes_where_success_and_failure_lead(self, market, on_success, on_failure, first, answers, way):
        market.offer("one", json_answer({"from": "one"}, status=first))
        market.offer("two")
        market.offer("three")
        market.chain("work", step("one", on_success=on_success, on_failure=on_failure), step("two"), step("three"))
        told = await call(market)
        assert (told.json(), told.headers["x-usvc-way"]) == ({"from": answers}, way)
        assert told.status_code == (first if answers == "one" else 200)

    async def test_ends_with_the_last_step_whatever_it_says(self, market):
        market.offer("one", answer(b"gone", status=410))
        market.chain("work", step("one", on_success="continue", on_failure="continue"))
        told = await call(market)
        assert (told.status_code, told.content) == (410, b"gone")

    async def test_takes_no_answer_for_a_failure(self, market):
        market.offer("one", [Die()])
        market.offer("two")
        market.chain("work", step("one", on_failure="continue"), step("two"))
        assert (await call(market)).headers["x-usvc-way"] == "one 502, two 200"

    async def test_takes_a_step_that_cannot_be_called_for_a_failure(self, market):
        market.offer("one", requires_enrollment=True)
        market.offer("two")
        market.chain("work", step("one", on_failure="continue"), step("two"))
        assert (await call(market)).headers["x-usvc-way"] == "one 403, two 200"

    async def test_passes_a_stream_on_as_it_comes(self, market):
        market.offer("one")
        market.offer("two", sse([{"a": 1}, "[DONE]"]))
        market.chain("work", step("one", on_success="continue"), step("two"))
        told = await call(market)
        assert (told.headers["content-type"], told.text.count("data:")) == ("text/event-stream", 2)

    @pytest.mark.parametrize(
        "steps",
        [
            (),
            (step("one", on_success="one"),),
            (step("one", on_success="two"), step("two", on_failure="one")),
            (step("one", on_success="nowhere"),),
            (step("one"), step("one")),
            (step("one", body="{{ secrets.KEY }}"),),
            tuple(step(f"s{place}", target="p/one") for place in range(21)),
        ],
        ids=["none", "itself", "back", "unknown", "twice", "template", "too many"],
    )
    async def test_that_cannot_be_walked_is_refused(self, market, steps):
        market.offer("one")
        market.offer("two")
        market.chain("work", *steps)
        told = await call(market)
        assert (told.status_code, told.json()["error"]["code"]) == (422, "chain_unusable")

    async def test_may_branch_and_meet_again(self, market):
        for name in ("one", "two", "three"):
            market.offer(name)
        market.chain(
            "work", step("one", on_success="three", on_failure="two"), step("two", on_success="continue"), step("three")
        )
        assert (await call(market)).headers["x-usvc-way"] == "one 200, three 200"


class TestTime:
    async def test_of_a_step_is_capped(self, market):
        market.offer("slow", [Until(asyncio.Event())])
        market.offer("two")
        market.chain("work", step("slow", timeout_ms=100, on_failure="continue"), step("two"))
        assert (await call(market)).headers["x-usvc-way"] == "slow 504, two 200"

    async def test_of_the_whole_is_capped(self, market):
        market.offer("slow", [Until(asyncio.Event())])
        market.chain("work", step("slow", on_failure="continue"), step("b", target="p/slow"), total_timeout_ms=150)
        told = await call(market)
        assert (told.status_code, told.json()["error"]["code"]) == (504, "step_timeout")

    async def test_does_not_cut_the_answer_that_is_passed_on(self, market):
        go_on = asyncio.Event()
        begun = sse([{"a": 1}], end=())
        market.offer("slow", [*begun, Until(go_on), *sse(["[DONE]"])[1:]])
        market.chain("work", step("slow", timeout_ms=150))
        calling = asyncio.create_task(call(market))
        await asyncio.sleep(0.4)
        go_on.set()
        assert (await calling).text.endswith("[DONE]\n\n")


class TestTemplates:
    async def test_read_the_call_and_earlier_answers(self, market):
        market.offer("draft", json_answer({"choices": [{"message": {"content": "Hi"}}], "n": 3}))
        market.offer("check")
        body = {
            "text": "{{ steps.draft.body.choices.0.message.content }}",
            "count": "{{ previous.body.n }}",
            "note": "{{ request.body.model }} said {{ previous.body.choices.0.message.content }} ({{previous.status}})",
            "kept": [1, None],
        }
        market.chain("work", step("draft", on_success="continue"),
                     step("check", body=body, method="PUT", headers={"X-Query": "{{ request.query.q }}"}))  # fmt: skip
        await call(market, "/c/work?q=a", body={"model": "m"})
        (sent,) = market.requests("check")
        assert sent.json == {"text": "Hi", "count": 3, "note": "m said Hi (200)", "kept": [1, None]}
        assert (sent.method, sent.header(b"x-query")) == ("PUT", b"a")

    async def test_send_their_own_model_whatever_an_alias_asks_for(self, market):
        market.offer("judge")
        own = step("own", target="p/judge", on_success="continue", body={"model": "judge"})
        market.chain("work", own, step("calls", target="p/judge"))
        record = AliasRecord("llm", (AliasRow("1", "c/work", routing_key_override={"model": "swift"}),))
        market.gateway.records.put("alias", f"{make.TEAM}/llm", ALIAS.encode(record))
        await market.open()
        assert (await market.gateway.call("/a/llm")).status_code == 200
        models = [orjson.loads(request.body)["model"] for request in market.requests("judge")]
        assert models == ["judge", "swift"]

    async def test_that_read_what_is_not_there_fail_their_step(self, market):
        market.offer("one")
        market.offer("two")
        market.offer("three")
        reading = step("two", body={"a": "{{ previous.body.nothing }}"}, on_failure="continue")
        market.chain("work", step("one", on_success="continue"), reading, step("three"))
        told = await call(market)
        assert (told.headers["x-usvc-way"], market.requests("two")) == ("one 200, two 422, three 200", [])

    async def test_that_make_a_body_too_deep_to_be_sent_fail_their_step(self, market):
        market.offer("deep", answer(b"[" * 300 + b"]" * 300, headers=[("content-type", "application/json")]))
        market.offer("next")
        market.chain("work", step("deep", on_success="continue"), step("next", body={"x": "{{ previous.body }}"}))
        told = await call(market)
        assert (told.status_code, told.json()["error"]["code"]) == (422, "body_too_deep")

    async def test_cannot_break_out_of_a_header(self, market):
        market.offer("one", json_answer({"v": "a\r\nx-evil: 1"}))
        market.offer("two")
        market.chain("work", step("one", on_success="continue"), step("two", headers={"x-v": "{{ previous.body.v }}"}))
        told = await call(market)
        assert (told.status_code, told.json()["error"]["code"]) == (422, "step_header_invalid")

    async def test_cannot_reach_the_key(self, market):
        market.offer("one")
        market.chain("work", step("one", body={"a": "{{ request.headers.authorization }}"}))
        assert (await call(market)).status_code == 422


class TestMoney:
    async def test_is_charged_once_for_each_step_that_ran(self, market):
        market.offer("one")
        market.offer("two")
        market.offer("three")
        market.chain("work", step("one", on_success="continue"), step("two"), step("three"))
        told = await call(market)
        events = await market.gateway.events(2)
        assert [event.service_id for event in events] == [make.service_id("one"), make.service_id("two")]
        assert {event.role for event in events} == {"chain"}
        assert len({event.parent_id for event in events}) == 1
        assert told.headers["x-request-id"] == events[1].event_id
        assert [str(event.hold) for event in events] == ["0.010000000000"] * 2

    async def test_is_set_aside_for_all_steps_before_the_first(self, tmp_path, upstream):
        async with serving(tmp_path, balance="0.02") as gateway:
            market = Market(gateway, upstream)
            market.offer("one")
            market.chain("work", step("a", target="p/one", on_success="continue"), step("b", target="p/one"))
            market.chain("more", *(step(name, target="p/one", on_success="continue") for name in "abc"))
            assert (await call(market)).status_code == 200
            await market.settled()
            assert (await call(market, "/c/more")).status_code == 402
            assert len(market.requests("one")) == 2

    async def test_of_steps_that_did_not_run_is_given_back(self, market):
        market.offer("one")
        market.chain("work", *(step(name, target="p/one") for name in "abcde"))
        await call(market)
        await market.settled()
        left = sum((lease.left for lease in market.deps.leases._leases.values()), Decimal(0))
        assert left + market.gateway.leases.spendable[make.WALLET] == Decimal("0.99")


class TestInsideOfOtherThings:
    async def test_falls_back_as_a_whole(self, market):
        market.offer("one", answer(b"", status=503))
        market.offer("backup")
        market.chain("work", step("one"))
        assert (await call(market, "/f/c/work?_else=p/backup")).json() == {"from": "backup"}

    async def test_is_remembered_as_a_whole(self, market):
        market.offer("one")
        market.offer("two")
        market.chain("work", step("one", on_success="continue"), step("two"))
        told = [await call(market, "/m/c/work") for _ in range(2)]
        assert [each.headers["x-usvc-cache"] for each in told] == ["miss", "hit"]
        assert len(market.upstream.requests) == 2
