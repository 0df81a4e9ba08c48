"""Channels that judge answers: a failure that calls itself a success is refused, and costs nothing."""

from __future__ import annotations

import asyncio

import openai
import pytest

from gateway import judging
from tests.fakes.upstream import Close, Die, Until, Wait, answer, json_answer, sse, streamed
from tests.gateway.conftest import offer

QUOTA = {"condition": "body.error.code == 'quota'", "status": 429, "message": "{{ body.error.message }}"}
RULES = {"response_rules": {"quota": QUOTA, "fault": "{{ body.error }}"}}
WELL, ILL = {"text": "fine"}, {"error": {"code": "quota", "message": "You have had your share."}}


@pytest.fixture
async def judged(gateway, upstream):
    await offer(gateway, upstream, config=RULES)
    return gateway


async def told(gateway, **more):
    reply = await gateway.call(**more)
    return reply.status_code, reply.json()["error"]["code"], reply.json()["error"]["message"]


class TestAWholeAnswer:
    async def test_that_is_well_passes_as_it_is_and_is_charged(self, judged, upstream):
        upstream.answers(json_answer(WELL, headers=[("X-Own", "1")]))
        reply = await judged.call()
        assert (reply.status_code, reply.json(), reply.headers["x-own"]) == (200, WELL, "1")
        assert (await judged.event()).is_billable

    async def test_that_is_a_failure_is_refused_in_the_words_of_its_rule_and_costs_nothing(self, judged, upstream):
        upstream.answers(json_answer(ILL))
        assert await told(judged) == (429, "failed_by_rule", "You have had your share. Nothing was charged.")
        event = await judged.event()
        assert (event.status, event.outcome, event.is_billable, event.usage) == (429, "failed", False, {})

    async def test_that_is_too_deep_to_be_quoted_is_refused_in_our_words(self, judged, upstream):
        deep = b'{"error": {"message": ' + b"[" * 1000 + b"]" * 1000 + b', "code": "quota"}}'
        upstream.answers(answer(deep, headers=[("Content-Type", "application/json")]))
        ours = "The service's answer is a failure by its rule 'quota'. Nothing was charged."
        assert await told(judged) == (429, "failed_by_rule", ours)
        assert not (await judged.event()).is_billable

    async def test_is_judged_also_once_everything_is_known_and_connected(self, judged, upstream):
        upstream.answers(*[json_answer(WELL)] * 5, json_answer(ILL))
        assert [(await judged.call()).status_code for _ in range(6)] == [200] * 5 + [429]

    async def test_of_a_text_is_read_as_a_text(self, gateway, upstream):
        rule = {"condition": "'ERROR' in body"}
        await offer(gateway, upstream, config={"response_rules": {"said": rule}})
        upstream.answers(answer(b"ERROR: no such city"), answer(b"Rain"))
        status, _, message = await told(gateway)
        assert (status, message) == (502, "The service's answer is a failure by its rule 'said'. Nothing was charged.")
        assert (await gateway.call()).text == "Rain"

    async def test_with_a_status_of_a_failure_is_passed_on_as_ever(self, judged, upstream):
        upstream.answers(json_answer(ILL, status=403))
        reply = await judged.call()
        assert (reply.status_code, reply.json()) == (403, ILL)

    async def test_without_a_length_is_judged_too(self, judged, upstream):
        upstream.answers(streamed([b'{"error": ', b'{"code": "other"}}']), streamed([b'{"te', b'xt": 1}']))
        assert (await told(judged))[:2] == (502, "failed_by_rule")
        assert (await judged.call()).json() == {"text": 1}

    async def test_that_is_too_long_is_judged_by_its_head(self, gateway, upstream, monkeypatch):
        monkeypatch.setattr(judging, "WHOLE_BYTES", 1000)
        head = {"condition": "headers.x_state == 'down'"}
        await offer(gateway, upstream, config={"response_rules": {"fault": "{{ not body.ok }}", "head": head}})
        upstream.answers(answer(b"x" * 5000), answer(b"x" * 5000, headers=[("X-State", "down")]))
        assert (await gateway.call()).content == b"x" * 5000
        assert (await told(gateway))[:2] == (502, "failed_by_rule")

    async def test_that_ends_before_it_is_whole_is_a_failure_as_ever(self, judged, upstream):
        upstream.answers(streamed([b'{"text": 1'], end=[Die()]))
        assert (await told(judged))[:2] == (502, "upstream_closed")
        assert not (await judged.event()).is_billable

    async def test_is_judged_before_another_one_is_made_of_it(self, gateway, upstream):
        template = {"response": {"input_format": "json", "template": '{"said": {* _escape_json(_body.text) *}}'}}
        await offer(gateway, upstream, config={**RULES, "request_transformer": {"body_transformer": template}})
        upstream.answers(json_answer(WELL), json_answer(ILL))
        assert (await gateway.call()).json() == {"said": "fine"}
        assert (await told(gateway))[0] == 429


class TestAStream:
    async def test_is_judged_by_its_first_event_and_then_passes_as_it_comes(self, judged, upstream):
        go_on = asyncio.Event()
        upstream.answers(sse([WELL, {"error": "later"}, "[DONE]"], between=Until(go_on)))
        headers = {"authorization": f"Bearer {judged.key}"}
        async with judged.client.stream("POST", "/p/acme/chat", json={}, headers=headers) as reply:
            pieces = reply.aiter_bytes()
            assert b"fine" in await anext(pieces)  # and nothing else has come yet
            go_on.set()
            rest = b"".join([piece async for piece in pieces])
        assert b"later" in rest
        assert (await judged.event()).is_billable

    async def test_whose_first_event_is_a_failure_is_refused_with_a_whole_answer(self, judged, upstream):
        upstream.answers(sse([ILL], end=[Close()]))
        assert (await told(judged))[:2] == (429, "failed_by_rule")
        assert not (await judged.event()).is_billable

    async def test_may_begin_with_comments_and_come_in_crumbs(self, judged, upstream):
        text = b": hello\r\n\r\nevent: x\r\ndata: " + b'{"error": 1}' + b"\r\n\r\n"
        pieces = [text[place : place + 3] for place in range(0, len(text), 3)]
        upstream.answers(streamed(pieces, between=Wait(0.001), headers=[("Content-Type", "text/event-stream")]))
        assert (await told(judged))[:2] == (502, "failed_by_rule")

    async def test_that_says_nothing_is_well(self, judged, upstream):
        upstream.answers(streamed([b": hello\n\n"], headers=[("Content-Type", "text/event-stream")]))
        assert (await judged.call()).text == ": hello\n\n"


class TestAround:
    async def test_the_words_reach_a_client_of_openai(self, judged, upstream):
        upstream.answers(json_answer(ILL))
        async with openai.AsyncOpenAI(
            api_key=judged.key, base_url=f"{judged.url}/p/acme/chat", max_retries=0
        ) as client:
            with pytest.raises(openai.RateLimitError, match="You have had your share"):
                await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])

    async def test_rules_that_cannot_be_read_judge_nothing(self, gateway, upstream):
        await offer(gateway, upstream, config={"response_rules": {"old": {"ok": True}}})
        upstream.answers(json_answer(ILL))
        assert (await gateway.call()).json() == ILL
