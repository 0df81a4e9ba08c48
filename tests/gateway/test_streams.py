"""Streams through a gateway on a real socket: passed on as they come, charged by their last event."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.factories import records as make
from tests.fakes.upstream import Until, sse
from tests.gateway.conftest import offer
from tests.gateway.harness import serving

TOKENS = {"type": "one_million_tokens", "input": "3", "output": "15", "cached_input": "0.30"}
STREAM = [
    {"choices": [{"delta": {"content": "Hel"}}]},
    {"choices": [{"delta": {"content": "lo"}}]},
]
USAGE_EVENT = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}}


class TestStreams:
    async def test_are_passed_on_event_by_event_and_charged_by_their_last(self, gateway, upstream):
        await offer(gateway, upstream, price=make.price(price=TOKENS))
        upstream.answers(sse([*STREAM, USAGE_EVENT, "[DONE]"]))
        asked = {"model": "m", "stream": True, "stream_options": {"include_usage": True}}
        answer = await gateway.call("/p/acme/chat/chat/completions", asked)
        event = await gateway.event()
        assert answer.text.count("data:") == 4
        assert (event.usage["input_tokens"], event.usage["output_tokens"], event.flags) == (7, 2, ())

    async def test_ask_for_their_usage_and_hide_it_from_who_did_not(self, gateway, upstream):
        await offer(gateway, upstream, price=make.price(price=TOKENS))
        upstream.answers(sse([*STREAM, USAGE_EVENT, "[DONE]"]))
        answer = await gateway.call("/p/acme/chat/chat/completions", {"model": "m", "stream": True})
        event = await gateway.event()
        assert json.loads(upstream.requests[0].body)["stream_options"] == {"include_usage": True}
        assert "usage" not in answer.text
        assert answer.text.endswith("data: [DONE]\n\n")
        assert event.usage["output_tokens"] == 2

    async def test_reach_the_client_before_the_upstream_goes_on(self, gateway, upstream):
        go_on = asyncio.Event()
        begun, rest = sse(STREAM[:1], end=()), sse([*STREAM[1:], "[DONE]"])[1:]
        upstream.answers([*begun, Until(go_on), *rest])
        headers = {"authorization": f"Bearer {gateway.key}"}
        async with gateway.client.stream("POST", "/p/acme/chat", json={"stream": True}, headers=headers) as answer:
            pieces = answer.aiter_text()
            async with asyncio.timeout(3):
                first = await anext(pieces)
            go_on.set()
            rest = "".join([piece async for piece in pieces])
        assert "Hel" in first
        assert "[DONE]" in rest

    @pytest.mark.parametrize("said", ["Wait for message_stop,", "then data: [DONE] or", "response.completed"])
    async def test_go_on_reaching_the_client_though_they_tell_of_how_streams_end(self, gateway, upstream, said):
        go_on = asyncio.Event()
        events = [{"choices": [{"delta": {"content": text}}]} for text in (said, "and so on")]
        begun, rest = sse(events, end=()), sse(["[DONE]"])[1:]
        upstream.answers([*begun, Until(go_on), *rest])
        headers = {"authorization": f"Bearer {gateway.key}"}
        async with gateway.client.stream("POST", "/p/acme/chat", json={"stream": True}, headers=headers) as answer:
            pieces, shown = answer.aiter_text(), ""
            async with asyncio.timeout(3):
                while "and so on" not in shown:
                    shown += await anext(pieces)
            go_on.set()
            rest = "".join([piece async for piece in pieces])
        assert "[DONE]" in rest

    async def test_are_estimated_when_nobody_states_the_usage(self, gateway, upstream):
        await offer(gateway, upstream, price=make.price(price=TOKENS))
        upstream.answers(sse([{"choices": [{"delta": {"content": "x" * 400}}]}, "[DONE]"]))
        await gateway.call("/p/acme/chat/chat/completions", {"model": "m", "stream": True})
        event = await gateway.event()
        assert event.flags == ("estimated",)
        assert event.usage["output_tokens"] == 100

    async def test_are_charged_for_what_was_said_when_the_client_goes(self, tmp_path, upstream):
        async with serving(tmp_path, drain_seconds=0.1) as gateway:
            await offer(gateway, upstream, price=make.price(price=TOKENS))
            never = asyncio.Event()
            upstream.answers(sse([{"choices": [{"delta": {"content": "x" * 40}}]}], end=[Until(never)]))
            headers = {"authorization": f"Bearer {gateway.key}"}
            async with gateway.client.stream(
                "POST", "/p/acme/chat/completions", json={"stream": True}, headers=headers
            ) as answer:
                await anext(answer.aiter_bytes())
            event = await gateway.event()
            assert (event.outcome, event.usage["output_tokens"]) == ("interrupted", 10)
