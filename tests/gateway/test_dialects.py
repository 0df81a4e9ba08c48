"""The real clients of OpenAI and Anthropic against an upstream that speaks the other's format."""

from __future__ import annotations

import copy
import json

import anthropic
import openai
import pytest

from tests.factories import records as make
from tests.fakes.upstream import json_answer, sse
from tests.gateway.conftest import offer

TOKENS = {"type": "one_million_tokens", "input": "3", "output": "15"}
TOOL = {"name": "weather", "description": "d", "input_schema": {"type": "object", "properties": {}}}
COMPLETION = {
    "id": "c", "object": "chat.completion", "created": 1, "model": "up",
    "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "content": "Hello",
        "tool_calls": [{"id": "t", "type": "function", "function": {"name": "weather", "arguments": '{"a": 1}'}}]}}],
    "usage": {"prompt_tokens": 30, "completion_tokens": 10, "total_tokens": 40},
}  # fmt: skip
MESSAGE = {
    "id": "m", "type": "message", "role": "assistant", "model": "up", "stop_reason": "end_turn", "stop_sequence": None,
    "content": [{"type": "text", "text": "Hello"}], "usage": {"input_tokens": 30, "output_tokens": 10},
}  # fmt: skip
CHUNKS = [
    {"id": "c", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hel"}, "finish_reason": None}]},
    {"id": "c", "choices": [{"index": 0, "delta": {"content": "lo"}, "finish_reason": None}]},
    {"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {"id": "c", "choices": [], "usage": {"prompt_tokens": 30, "completion_tokens": 10, "total_tokens": 40}},
    "[DONE]",
]
EVENTS = [
    {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None,
                                          "usage": {"input_tokens": 30, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "usage": {"output_tokens": 10},
     "delta": {"stop_reason": "end_turn", "stop_sequence": None}},
    {"type": "message_stop"},
]  # fmt: skip


async def speaking(gateway, upstream, way: str) -> None:
    price = make.price(price=TOKENS)
    config = {"raw": {"request_transformer": {"llm_translator": way}}, "headers": {"x-api-key": "k"}}
    await offer(gateway, upstream, price=price, config=config)


@pytest.fixture
async def claude(gateway, upstream):
    await speaking(gateway, upstream, "anthropic_to_openai")
    url = f"{gateway.url}/p/acme/chat"
    async with anthropic.AsyncAnthropic(base_url=url, api_key=gateway.key, max_retries=0) as client:
        yield client


@pytest.fixture
async def gpt(gateway, upstream):
    await speaking(gateway, upstream, "openai_to_anthropic")
    url = f"{gateway.url}/p/acme/chat"
    async with openai.AsyncOpenAI(base_url=url, api_key=gateway.key, max_retries=0) as client:
        yield client


ASKED = {"model": "m", "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]}


class TestAnthropicsClient:
    async def test_reads_an_answer_of_openais_format(self, claude, gateway, upstream):
        upstream.answers(json_answer(COMPLETION))
        message = await claude.messages.create(**ASKED, tools=[TOOL])
        assert (message.content[0].text, message.content[1].input, message.stop_reason) == (
            "Hello",
            {"a": 1},
            "tool_use",
        )
        assert (message.usage.input_tokens, message.usage.output_tokens) == (30, 10)
        sent = upstream.requests[0]
        assert (sent.target, sent.json["tools"][0]["function"]["name"]) == ("/v1/chat/completions", "weather")
        assert sent.header(b"anthropic-version") is None
        usage = (await gateway.event()).usage
        assert (usage["input_tokens"], usage["output_tokens"]) == (30, 10)

    @pytest.mark.parametrize("value", [10**21, "half \ud83d"])
    async def test_reads_what_only_some_json_can_hold(self, claude, upstream, value):
        completion = copy.deepcopy(COMPLETION)
        completion["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] = json.dumps({"a": value})
        upstream.answers(json_answer(completion))
        message = await claude.messages.create(**ASKED)
        assert message.content[1].input == {"a": value}

    async def test_reads_a_stream_of_openais_format(self, claude, gateway, upstream):
        upstream.answers(sse(CHUNKS))
        async with claude.messages.stream(**ASKED) as stream:
            text = "".join([piece async for piece in stream.text_stream])
            final = await stream.get_final_message()
        assert (text, final.stop_reason, final.usage.output_tokens) == ("Hello", "end_turn", 10)
        event = await gateway.event()
        assert (event.usage["input_tokens"], event.usage["output_tokens"], event.flags) == (30, 10, ())

    async def test_reads_an_error_of_openais_format(self, claude, upstream):
        upstream.answers(json_answer({"error": {"message": "slow down", "type": "requests"}}, status=429))
        with pytest.raises(anthropic.RateLimitError) as error:
            await claude.messages.create(**ASKED)
        assert error.value.body["error"] == {"type": "rate_limit_error", "message": "slow down"}


class TestOpenaisClient:
    async def test_reads_an_answer_of_anthropics_format(self, gpt, gateway, upstream):
        upstream.answers(json_answer(MESSAGE))
        completion = await gpt.chat.completions.create(**ASKED)
        assert (completion.choices[0].message.content, completion.usage.total_tokens) == ("Hello", 40)
        sent = upstream.requests[0]
        assert (sent.target, sent.header(b"anthropic-version")) == ("/v1/messages", b"2023-06-01")
        usage = (await gateway.event()).usage
        assert (usage["input_tokens"], usage["output_tokens"]) == (30, 10)

    async def test_reads_a_stream_of_anthropics_format(self, gpt, gateway, upstream):
        upstream.answers(sse(EVENTS))
        stream = await gpt.chat.completions.create(**ASKED, stream=True, stream_options={"include_usage": True})
        chunks = [chunk async for chunk in stream]
        said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert (said, chunks[-2].choices[0].finish_reason) == ("Hello", "stop")
        assert chunks[-1].usage.completion_tokens == 10
        assert (await gateway.event()).usage["output_tokens"] == 10

    @pytest.mark.parametrize("value", [10**21, "half \ud83d"])
    async def test_tells_what_only_some_json_can_hold(self, gpt, upstream, value):
        upstream.answers(json_answer(MESSAGE))
        function = {"name": "weather", "arguments": json.dumps({"a": value})}
        turn = {"role": "assistant", "tool_calls": [{"id": "t", "type": "function", "function": function}]}
        await gpt.chat.completions.create(**{**ASKED, "messages": [*ASKED["messages"], turn]})
        told = json.loads(upstream.requests[0].body)["messages"][1]["content"]
        assert told[0]["input"] == {"a": value}

    async def test_is_told_what_cannot_be_translated(self, gpt, upstream):
        with pytest.raises(openai.UnprocessableEntityError, match="response_format"):
            await gpt.chat.completions.create(**ASKED, response_format={"type": "json_object"})
        assert upstream.requests == []
