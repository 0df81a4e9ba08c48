"""Answers that are failures by the rules of their channel: `/f/` goes on, groups and memories know them for it."""

from __future__ import annotations

from tests.factories import records as make
from tests.fakes.upstream import json_answer

RULES = {"response_rules": {"fault": "{{ body.error }}"}}
ILL = json_answer({"error": "out of order"})


class TestAFailureByRule:
    async def test_a_failure_leads_on_under_f_and_counts_against_a_member(self, market):
        market.offer("bad", ILL, config=RULES)
        market.offer("good")
        market.group("llm", make.member("bad", price="1"), make.member("good", price="2"), policy="by_price")
        await market.open()
        reply = await market.gateway.call("/f/p/bad?_else=p/good")
        assert (reply.json(), reply.headers["x-usvc-failed"]) == ({"from": "good"}, "bad failed_by_rule")
        told = [(await market.gateway.call("/g/llm")).status_code for _ in range(6)]
        assert told == [502] * 5 + [200]
        charged = [event.service_id for event in await market.gateway.events(8) if event.is_billable]
        assert charged == [make.service_id("good")] * 2

    async def test_a_failure_is_never_remembered(self, market):
        market.offer("bad", ILL, json_answer({"from": "bad"}), config=RULES)
        await market.open()
        first, second = [await market.gateway.call("/m/p/bad") for _ in range(2)]
        assert (first.status_code, second.status_code, second.headers["x-usvc-cache"]) == (502, 200, "miss")
