"""Which calls leave a record, and what it says."""

from __future__ import annotations

import asyncio

import pytest

from domain import api_keys
from domain.routing.snapshot import ChainStep
from tests.factories import records as make
from tests.fakes.upstream import json_answer
from tests.gateway.harness import serving


class TestAPlainCall:
    async def test_is_told_by_its_usage_event_and_by_nothing_more(self, gateway, upstream, log):
        upstream.answers(json_answer({"hello": "world"}))
        answer = await gateway.call(headers={"x-usvc-session": "chat-7"})
        (attempt,) = await log.attempts()
        assert attempt["event_id"] == answer.headers["x-request-id"]
        assert (attempt["session"], attempt["status"], attempt["path"]) == ("chat-7", 200, "/p/acme/chat")
        assert 0 < attempt["upstream_ms"] <= attempt["latency_ms"]
        await asyncio.sleep(0.2)
        assert gateway.logs.calls == {}

    async def test_is_charged_while_the_log_is_away(self, gateway, upstream, log):
        upstream.answers(json_answer({}))
        gateway.logs.down = True
        answer = await gateway.call()
        event = await gateway.event()
        assert answer.headers["x-request-id"] == event.event_id
        assert gateway.logs.attempts == {}

    async def test_leaves_the_session_header_with_us(self, gateway, upstream):
        upstream.answers(json_answer({}))
        await gateway.call(headers={"x-usvc-session": "chat-7", "x-unitysvc-log-request": "0"})
        assert not any(name.lower().startswith((b"x-usvc", b"x-unitysvc")) for name, _ in upstream.requests[0].headers)


class TestARefusal:
    @pytest.mark.parametrize("path", ["/p/acme/chat", "/z/x", "/l/p/acme/chat"])
    async def test_of_nobody_writes_nothing(self, gateway, path):
        for headers in ({}, {"x-api-key": api_keys.new_key()}, {"x-api-key": "garbage"}):
            assert (await gateway.client.post(path, json={}, headers=headers)).status_code == 401
        await asyncio.sleep(0.2)
        assert gateway.logs.calls == {}

    async def test_says_why_and_whose_it_is(self, gateway, log):
        answer = await gateway.call("/p/nobody/sells-this")
        record = await log.call()
        assert record["id"] == answer.headers["x-request-id"]
        assert (record["status"], record["error_source"], record["error_type"]) == (404, "client", "service_not_found")
        assert record["error_message"] == answer.json()["detail"]
        assert (record["team_id"], record["service_id"]) == (make.TEAM, None)

    async def test_for_want_of_money_is_the_wallets(self, tmp_path, upstream):
        async with serving(tmp_path, balance="0") as gateway:
            gateway.publish_service()
            await gateway.see_changes()
            assert (await gateway.call()).status_code == 402
            async with asyncio.timeout(5):
                while not gateway.logs.calls:
                    await asyncio.sleep(0.01)
            (record,) = gateway.logs.calls.values()
        assert (record["error_source"], record["service_id"]) == ("money", make.SERVICE)

    async def test_after_an_upstream_that_is_gone_is_the_upstreams(self, market, gateway, log):
        market.gateway.publish_service(channels=(make.channel(config={"base_url": "http://127.0.0.1:9"}),))
        await market.open()
        assert (await gateway.call()).status_code == 502
        record = await log.call()
        assert (record["error_source"], record["status"]) == ("upstream", 502)
        assert record["error_type"].startswith("upstream_")

    async def test_by_a_rule_of_the_channel_is_the_upstreams_whatever_its_status(self, market, gateway, log):
        rules = {"response_rules": {"quota": {"condition": "body.error", "status": 429, "message": "{{ body.error }}"}}}
        market.offer("a", json_answer({"error": "Used up."}), config=rules)
        await market.open()
        assert (await gateway.call("/p/a")).status_code == 429
        record = await log.call()
        assert (record["error_source"], record["error_type"]) == ("upstream", "failed_by_rule")
        assert (record["status"], record["error_message"]) == (429, "Used up. Nothing was charged.")

    async def test_hides_a_key_that_stands_in_the_address(self, gateway, log):
        await gateway.call(f"/p/nobody/{gateway.key}")
        assert (await log.call())["path"] == "/p/nobody/svcpass_***"

    async def test_of_one_account_is_kept_so_many_times_a_minute(self, gateway, log, monkeypatch):
        monkeypatch.setattr("gateway.request_log.book._REFUSALS_A_MINUTE", 3)
        for _ in range(6):
            await gateway.call("/p/nobody/sells-this")
        await log.calls(3)
        await asyncio.sleep(0.2)
        book = gateway.app.runtime.deps.request_log
        assert (len(gateway.logs.calls), book.dropped) == (3, 3)


class TestACallOfSeveral:
    async def test_from_memory_says_how_old_the_answer_is(self, market, gateway, log):
        service = market.offer("a")
        await market.open()
        await gateway.call("/m/p/a")
        hit = await gateway.call("/m/p/a")
        miss, record = await log.calls(2)
        assert (miss["memo"], record["memo"], record["memo_age_seconds"]) == ("miss", "hit", 0)
        assert (record["id"], record["status"]) == (hit.headers["x-request-id"], 200)
        assert record["service_id"] == service
        assert len(await log.attempts()) == 1

    async def test_by_an_alias_names_it(self, market, gateway, log):
        service = market.offer("a")
        market.alias("llm", "p/a")
        await market.open()
        await gateway.call("/a/llm/chat")
        record = await log.call()
        assert (record["alias"], record["service_id"], record["path"]) == ("a/llm", service, "/a/llm/chat")

    async def test_that_fell_back_names_what_failed_and_who_answered(self, market, gateway, log):
        market.offer("a", json_answer({}, status=500))
        market.offer("b")
        await market.open()
        answer = await gateway.call("/f/p/a?_else=p/b")
        record, attempts = await log.call(), await log.attempts(2)
        assert (record["status"], record["stages"]["failed"]) == (200, "a 500")
        assert record["stages"]["answered_by"] == answer.headers["x-request-id"] == attempts[1]["event_id"]
        assert (attempts[0]["event_id"], attempts[1]["parent_id"], attempts[1]["role"]) == (
            record["id"],
            record["id"],
            "failover",
        )

    async def test_by_a_chain_tells_its_way(self, market, gateway, log):
        market.offer("a")
        market.offer("b")
        market.chain("two", ChainStep("one", "p/a", on_success="continue"), ChainStep("two", "p/b"))
        await market.open()
        assert (await gateway.call("/c/two")).status_code == 200
        record, attempts = await log.call(), await log.attempts(2)
        assert record["stages"]["way"] == "one 200, two 200"
        assert {each["parent_id"] for each in attempts} == {record["id"]}
        assert record["service_id"] is None
