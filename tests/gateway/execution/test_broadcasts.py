"""/b/: one entry for each target, whatever becomes of it; or a task for each."""

from __future__ import annotations

import asyncio
import base64
from decimal import Decimal

import pytest

from domain import api_keys
from domain.routing.snapshot import BroadcastTarget
from tests.factories import records as make
from tests.fakes.upstream import Die, Until, answer, json_answer, streamed
from tests.gateway.execution.market import Market
from tests.gateway.harness import serving


async def call(market, path="/b/all", **more):
    await market.open()
    return await market.gateway.call(path, **more)


class TestTheEnvelope:
    async def test_has_an_entry_for_each_target_in_their_order(self, market):
        market.offer("one", json_answer({"n": 1}, headers=[("x-ratelimit-left", "4"), ("x-other", "no")]))
        market.offer("two", answer(b"plain", headers=[("content-type", "text/plain")]))
        market.offer("three", answer(b"\xff\xfe", headers=[("content-type", "image/png")]))
        market.broadcast("all", "one", "two", "three")
        told = await call(market)
        body = told.json()
        assert (told.status_code, body["broadcast"], body["mode"]) == (200, "all", "sync")
        assert body["policy"] == {"kind": "any", "needed": 1, "succeeded": 3, "met": True}
        assert [entry["name"] for entry in body["results"]] == ["one", "two", "three"]
        assert [(entry["body"], entry["body_encoding"]) for entry in body["results"]] == [
            ({"n": 1}, "json"), ("plain", "text"), (base64.b64encode(b"\xff\xfe").decode(), "base64"),
        ]  # fmt: skip
        first = body["results"][0]
        assert first["cost"] == {"USD": "0.010000000000"}
        assert first["headers"]["x-ratelimit-left"] == "4"
        assert "x-other" not in first["headers"]
        assert {entry["request_id"] for entry in body["results"]} == {
            event.event_id for event in await market.gateway.events(3)
        }

    async def test_says_of_each_target_what_failed(self, market):
        market.offer("well")
        market.offer("down", answer(b"no", status=503))
        market.offer("dead", [Die()])
        market.offer("closed", requires_enrollment=True)
        market.broadcast("all", "well", "down", "dead", "closed", "nowhere")
        told = await call(market)
        found = {
            entry["name"]: (entry["status_code"], (entry["error"] or {}).get("code"))
            for entry in told.json()["results"]
        }
        assert told.status_code == 200
        assert found == {
            "well": (200, None),
            "down": (503, None),
            "dead": (502, "upstream_closed"),
            "closed": (403, "enrollment_required"),
            "nowhere": (404, "service_not_found"),
        }

    async def test_shows_json_that_is_too_deep_for_it_as_text(self, market):
        deep = b"[" * 300 + b"]" * 300
        market.offer("deep", answer(deep, headers=[("content-type", "application/json")]))
        market.offer("well")
        market.broadcast("both", "deep", "well")
        await market.open()
        told = await market.gateway.call("/b/both")
        first, second = told.json()["results"]
        assert (first["body"], first["body_encoding"], second["body"]) == (deep.decode(), "text", {"from": "well"})

    async def test_waits_for_a_slow_target_no_longer_than_its_own_time(self, market):
        market.offer("quick")
        market.offer("slow", [Until(asyncio.Event())])
        market.broadcast("all", "quick", BroadcastTarget("slow", "p/slow", timeout_ms=150))
        async with asyncio.timeout(3):
            told = await call(market)
        quick, slow = told.json()["results"]
        assert (quick["status_code"], slow["status_code"], slow["error"]["code"]) == (200, 504, "target_timeout")
        assert slow["time_ms"] < 2000

    @pytest.mark.parametrize(
        ("policy", "quorum", "well", "status"),
        [("any", 1, 1, 200), ("any", 1, 0, 424), ("all", 1, 3, 200), ("all", 1, 2, 424),
         ("quorum", 2, 2, 200), ("quorum", 2, 1, 424), ("quorum", 9, 3, 200)],
    )  # fmt: skip
    async def test_tells_whether_enough_succeeded(self, market, policy, quorum, well, status):
        names = ["a", "b", "c"]
        for place, name in enumerate(names):
            market.offer(name, *([] if place < well else [answer(b"", status=500)]))
        market.broadcast("all", *names, policy=policy, quorum=quorum)
        told = await call(market)
        assert (told.status_code, told.json()["policy"]["met"]) == (status, status == 200)

    async def test_gives_every_target_the_same_request_but_its_own_model(self, market):
        market.offer("one")
        market.offer("two")
        market.broadcast("all", "one", BroadcastTarget("two", "p/two", routing_key_override={"model": "other"}))
        await call(market, "/b/all/chat?q=1", body={"model": "m", "n": 1})
        (one,), (two,) = market.requests("one"), market.requests("two")
        assert (one.target, one.json) == ("/one/chat?q=1", {"model": "m", "n": 1})
        assert (two.target, two.json) == ("/two/chat?q=1", {"model": "other", "n": 1})

    async def test_names_the_service_that_a_fallback_found(self, market):
        market.offer("main", answer(b"", status=500))
        market.offer("backup")
        market.broadcast("all", BroadcastTarget("x", "f/p/main?_else=p/backup"))
        (entry,) = (await call(market)).json()["results"]
        assert (entry["status_code"], entry["headers"]["x-usvc-service"]) == (200, "backup")
        assert entry["cost"] == {"USD": "0.010000000000"}


class TestMoney:
    async def test_is_set_aside_for_all_targets_before_any(self, tmp_path, upstream):
        async with serving(tmp_path, balance="0.02") as gateway:
            market = Market(gateway, upstream)
            for name in "abc":
                market.offer(name)
            market.broadcast("all", "a", "b", "c")
            assert ((await call(market)).status_code, market.upstream.requests) == (402, [])

    @pytest.mark.parametrize(("poor", "has"), [("USD", "EUR"), ("EUR", "USD")])
    async def test_that_one_of_two_wallets_cannot_pay_names_the_money_of_that_one(self, market, poor, has):
        wallets = {"USD": make.WALLET, "EUR": make.service_id("a wallet in euros")}
        market.gateway.leases.spendable = {wallets[poor]: Decimal(0), wallets[has]: Decimal(1)}
        market.gateway.publish_customer(wallets=wallets)
        market.offer("dollars")
        market.offer("euros", price=make.price("0.05", currency="EUR", id=make.service_id("a price in euros")))
        market.broadcast("all", "dollars", "euros")
        told = await call(market)
        assert told.status_code == 402
        assert f"has 0 {poor} to spend" in told.json()["detail"]

    async def test_is_right_after_a_call_that_two_clocks_end_at_nearly_the_same_time(self, market, monkeypatch):
        price = make.price(price={"type": "one_byte", "price": "0.0001", "based_on": "bytes_in"})
        market.offer("slow", streamed([b"half"], end=[Until(asyncio.Event())]), price=price)
        market.broadcast("inner", BroadcastTarget("slow", "p/slow", timeout_ms=150))
        market.broadcast("outer", BroadcastTarget("inner", "b/inner", timeout_ms=200))
        await market.open()
        write = market.deps.spool.final

        async def write_slowly(event_id, payload):
            await asyncio.sleep(0.2)
            await write(event_id, payload)

        monkeypatch.setattr(market.deps.spool, "final", write_slowly)
        assert (await market.gateway.call("/b/outer")).json()["results"][0]["error"]["code"] == "target_timeout"
        (event,) = await market.gateway.events(1)
        await market.settled()
        (lease,) = market.deps.leases._leases.values()
        charged = event.usage["bytes_in"] * Decimal("0.0001")
        assert (event.outcome, lease.in_flight) == ("interrupted", 0)
        assert lease.left + market.gateway.leases.spendable[make.WALLET] == 1 - charged

    async def test_is_charged_to_each_target_by_itself(self, market):
        market.offer("one")
        market.offer("two", answer(b"", status=500))
        market.broadcast("all", "one", "two")
        await call(market)
        events = await market.gateway.events(2)
        assert sorted((event.role, event.is_billable) for event in events) == [
            ("broadcast", False),
            ("broadcast", True),
        ]


class TestTasks:
    async def fetch(self, market, task_id, **more):
        headers = {"authorization": f"Bearer {more.get('key', market.gateway.key)}"}
        return await market.gateway.client.get(f"/b/tasks/{task_id}", headers=headers)

    async def test_are_told_at_once_and_answered_later(self, market):
        go_on = asyncio.Event()
        market.offer("one", [Until(go_on), *json_answer({"n": 1})])
        market.offer("two", answer(b"", status=500))
        market.broadcast("all", "one", "two", mode="async")
        told = await call(market)
        tasks = told.json()["tasks"]
        assert (told.status_code, [task["name"] for task in tasks]) == (202, ["one", "two"])
        running = await self.fetch(market, tasks[0]["task_id"])
        assert (running.status_code, running.json()["status"]) == (202, "running")
        go_on.set()
        await market.gateway.events(2)
        await market.settled()
        done = [(await self.fetch(market, task["task_id"])) for task in tasks]
        assert [each.status_code for each in done] == [200, 200]
        assert [each.json()["result"]["status_code"] for each in done] == [200, 500]
        assert done[0].json()["result"]["body"] == {"n": 1}

    async def test_are_their_customers_alone(self, market):
        market.offer("one")
        market.broadcast("all", "one", mode="async")
        task = (await call(market)).json()["tasks"][0]
        other = "7d0d8e0e-0000-4000-8000-0000000000a2"
        key = market.gateway.publish_key(raw=api_keys.new_key(), team_id=other)
        body = market.gateway.records.rows[("customer", make.TEAM)].body
        market.gateway.records.put("customer", other, {**body, "team_id": other})
        await market.open()
        assert (await self.fetch(market, task["task_id"], key=key)).status_code == 404
        assert (await self.fetch(market, make.service_id("x"))).status_code == 404
        assert (await self.fetch(market, "nonsense")).status_code == 404

    async def test_are_not_begun_without_the_money(self, market):
        market.offer("one", price=make.price("5", id=make.service_id("dear")))
        market.broadcast("all", "one", mode="async")
        told = await call(market)
        assert (told.status_code, market.gateway.tasks.tasks) == (402, {})


class TestSwitchedOff:
    @pytest.mark.parametrize(("changes", "status"), [({"enabled": False}, 403), ({}, 422)])
    async def test_or_empty_it_is_refused(self, market, changes, status):
        market.broadcast("all", **changes)
        assert (await call(market)).status_code == status
