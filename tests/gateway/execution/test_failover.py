"""/f/: which failures lead to the fallback, what it gets, and who is paid."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from domain.routing.snapshot import ChainStep
from tests.factories import records as make
from tests.fakes.upstream import Die, Hang, Send, Until, answer, head, json_answer, sse, streamed
from tests.gateway.execution.market import Market
from tests.gateway.harness import serving

WELL = json_answer({"from": "backup"})


async def call(market, path="/f/p/main/chat?_else=p/backup/chat", **more):
    await market.open()
    return await market.gateway.call(path, **more)


class TestFailures:
    @pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 529])
    async def test_of_the_upstream_lead_to_the_fallback(self, market, status):
        market.offer("main", json_answer({"error": "down"}, status=status))
        market.offer("backup", WELL)
        told = await call(market)
        assert (told.status_code, told.json()) == (200, {"from": "backup"})
        assert told.headers["x-usvc-service"] == "backup"
        assert (told.headers["x-usvc-attempts"], told.headers["x-usvc-failed"]) == ("2", f"main {status}")

    @pytest.mark.parametrize("status", [200, 201, 204, 400, 401, 403, 404, 409, 422])
    async def test_of_the_request_do_not(self, market, status):
        market.offer("main", answer(b"" if status == 204 else b"{}", status=status))
        market.offer("backup", WELL)
        told = await call(market)
        assert (told.status_code, market.requests("backup")) == (status, [])

    @pytest.mark.parametrize(
        "script",
        [[Die()], [Send(head(200, [("Content-Length", "100")])), Die()], [Send(b"nonsense\r\n\r\n")],
         streamed([], end=[Die()]), sse([], end=[Die()])],
        ids=["reset", "reset in the body", "no HTTP", "stream without a byte", "events without one"],
    )  # fmt: skip
    async def test_of_the_connection_lead_to_the_fallback(self, market, script):
        market.offer("main", script)
        market.offer("backup", WELL)
        assert (await call(market)).json() == {"from": "backup"}

    async def test_to_connect_lead_to_the_fallback(self, market):
        market.offer("main", config={"base_url": "http://127.0.0.1:1"})
        market.offer("backup", WELL)
        told = await call(market)
        assert (told.json(), told.headers["x-usvc-failed"]) == ({"from": "backup"}, "main upstream_refused")

    async def test_to_answer_in_time_lead_to_the_fallback(self, market, monkeypatch):
        from gateway.upstream.limits import Timeouts

        limits = market.deps.upstream._limits
        object.__setattr__(limits, "timeouts", Timeouts(first_byte=0.2))
        market.offer("main", [Hang()])
        market.offer("backup", WELL)
        told = await call(market)
        assert told.headers["x-usvc-failed"] == "main upstream_timeout"

    async def test_after_the_first_byte_cut_the_answer(self, market):
        market.offer("main", sse([{"choices": [{"delta": {"content": "Hel"}}]}], end=[Die()]))
        market.offer("backup", WELL)
        with pytest.raises(Exception, match=r"(?i)closed|incomplete|peer"):
            await call(market)
        assert market.requests("backup") == []

    async def test_of_both_are_told_as_the_fallbacks(self, market):
        market.offer("main", answer(b"a", status=500))
        market.offer("backup", answer(b"b", status=503))
        told = await call(market)
        assert (told.status_code, told.content) == (503, b"b")

    async def test_of_a_stream_lead_to_the_fallback_too(self, market):
        market.offer("main", answer(b"busy", status=429))
        market.offer("backup", sse([{"choices": [{"delta": {"content": "Hi"}}]}, "[DONE]"]))
        told = await call(market, body={"model": "m", "stream": True})
        assert (told.status_code, told.text.endswith("data: [DONE]\n\n")) == (200, True)


class TestTheFallback:
    async def test_gets_the_same_bytes_and_the_same_query(self, market):
        market.offer("main", answer(b"", status=500))
        market.offer("backup", WELL)
        body = b'{"model" :  "m", "x": 1.50 }'
        await market.open()
        headers = {"authorization": f"Bearer {market.gateway.key}", "content-type": "application/json"}
        await market.gateway.client.post("/f/p/main/chat?q=1&_else=p/backup/chat", content=body, headers=headers)
        (first,), (second,) = market.requests("main"), market.requests("backup")
        assert first.body == second.body == body
        assert second.target == "/backup/chat?q=1"

    async def test_is_looked_up_before_anything_is_sent(self, market):
        market.offer("main")
        told = await call(market, "/f/p/main?_else=g/nowhere")
        assert (told.status_code, told.json()["error"]["code"]) == (404, "group_not_found")
        assert market.requests("main") == []

    async def test_that_knows_other_models_is_refused_with_the_way_out(self, market):
        market.offer("main")
        market.gateway.publish_service(path="other", routing_key={"model": "n"}, id=make.OTHER_SERVICE, name="other")
        told = await call(market, "/f/p/main?_else=p/other")
        assert told.json()["error"]["code"] == "routing_key_unknown"
        assert "Let an alias ask it for another model." in told.json()["detail"]

    async def test_may_have_wrappers_of_its_own(self, market):
        market.offer("main", answer(b"", status=500))
        market.offer("backup", WELL)
        first = await call(market, "/f/p/main?_else=m%2Fp%2Fbackup%3F_ttl%3D5m")
        second = await market.gateway.call("/f/p/main?_else=m%2Fp%2Fbackup%3F_ttl%3D5m")
        assert (first.headers["x-usvc-cache"], second.headers["x-usvc-cache"]) == ("miss", "hit")
        assert len(market.requests("backup")) == 1

    @pytest.mark.parametrize("path", ["p/backup", "m/p/backup", "c/work", "b/all"])
    async def test_says_what_failed_before_it_whatever_it_is(self, market, path):
        market.offer("main", answer(b"", status=503))
        market.offer("backup", WELL)
        market.chain("work", ChainStep("one", "p/backup"))
        market.broadcast("all", "backup")
        for _ in range(2):  # the second time, the memory answers
            told = await call(market, f"/f/p/main?_else={path}")
            assert (told.headers["x-usvc-attempts"], told.headers["x-usvc-failed"]) == ("2", "main 503")

    async def test_says_nothing_of_how_the_first_would_have_come(self, market):
        market.offer("main", answer(b"", status=503))
        market.offer("backup", WELL)
        market.group("pool", "main")
        market.chain("work", ChainStep("one", "p/main"))
        for path in ("g/pool", "c/work"):
            told = await call(market, f"/f/{path}?_else=p/backup")
            assert told.json() == {"from": "backup"}
            assert not {"x-usvc-group", "x-usvc-way"} & told.headers.keys()


class TestMoney:
    async def test_is_charged_for_the_answered_attempt_alone(self, market):
        market.offer("main", answer(b"", status=500), price=make.price("0.05", id=make.service_id("dear")))
        market.offer("backup", WELL)
        told = await call(market)
        first, second = await market.gateway.events(2)
        assert (first.is_billable, second.is_billable) == (False, True)
        assert (first.role, second.role) == ("primary", "failover")
        assert (first.parent_id, second.parent_id) == (None, first.event_id)
        assert told.headers["x-request-id"] == second.event_id

    async def test_is_set_aside_for_the_dearer_of_the_two_and_no_more(self, tmp_path, upstream):
        async with serving(tmp_path, balance="0.05") as gateway:
            market = Market(gateway, upstream)
            market.offer("main", answer(b"", status=500), price=make.price("0.05", id=make.service_id("dear")))
            market.offer("backup", WELL, price=make.price("0.04", id=make.service_id("less dear")))
            assert (await call(market)).status_code == 200

    async def test_is_asked_for_before_the_first_attempt(self, tmp_path, upstream):
        async with serving(tmp_path, balance="0.04") as gateway:
            market = Market(gateway, upstream)
            market.offer("main")
            market.offer("backup", price=make.price("0.05", id=make.service_id("dear")))
            told = await call(market)
            assert (told.status_code, market.upstream.requests) == (402, [])

    async def test_is_given_back_whatever_happens(self, market):
        market.offer("main", [Die()], answer(b"", status=500), json_answer({}))
        market.offer("backup", [Die()], answer(b"", status=500), json_answer({}))
        await market.open()
        codes = [(await market.gateway.call("/f/p/main?_else=p/backup")).status_code for _ in range(4)]
        assert codes == [502, 500, 200, 200]
        await market.gateway.events(6)
        await market.settled()
        left = sum((lease.left for lease in market.deps.leases._leases.values()), Decimal(0))
        assert left + market.gateway.leases.spendable[make.WALLET] == Decimal("0.98")


class TestTheClient:
    async def test_that_leaves_during_the_first_attempt_causes_no_second(self, market):
        go_on = asyncio.Event()
        market.offer("main", [Until(go_on), *answer(b"", status=500)])
        market.offer("backup", WELL)
        await market.open()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await market.gateway.call("/f/p/main?_else=p/backup")
        go_on.set()
        await market.gateway.events(1)
        await market.settled()
        assert market.requests("backup") == []

    async def test_needs_something_to_fall_back_on(self, market):
        market.offer("main")
        told = await call(market, "/f/p/main")
        assert (told.status_code, told.json()["error"]["code"]) == (400, "fallback_missing")
