"""A stream whose upstream dies: its reader is told so in an event, and the connection is cut behind it."""

from __future__ import annotations

import json
from decimal import Decimal

import anthropic
import httpx
import openai
import pytest

from tests.factories import records as make
from tests.fakes.upstream import Close, json_answer, sse, streamed
from tests.gateway.conftest import offer

SAID = {"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "x" * 40}}]}
TOKENS = {"type": "one_million_tokens", "input": "3", "output": "15"}
ASKED = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
BEGUN = {
    "type": "message_start",
    "message": {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [],
                "usage": {"input_tokens": 3, "output_tokens": 1}},
}  # fmt: skip
CREATED = {"type": "response.created", "sequence_number": 0, "response": {"id": "r", "object": "response"}}
TOLD = "closed the connection before its answer was complete. What came before is charged. Ask again for all of it."


def stream(*events: bytes, **headers: str) -> list:
    """Return what an upstream does that dies after these events."""
    return streamed(list(events), headers=[("Content-Type", "text/event-stream"), *headers.items()], end=[Close()])


def named(event: dict) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def data(event: dict) -> bytes:
    return b"data: " + json.dumps(event).encode() + b"\n\n"


@pytest.fixture(params=["general", "plain"])
async def dying(request, gateway, upstream, taken):
    """A gateway whose next call goes one way or the other, and tells in the end which one it took."""
    await offer(gateway, upstream, price=make.price(price=TOKENS))
    if request.param == "plain":
        upstream.answers(json_answer({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}))
        await gateway.call("/p/acme/chat/chat/completions", ASKED)
        leases = gateway.app.runtime.deps.leases
        leases.release(await leases.hold(make.WALLET, Decimal("0.5")), Decimal(0))
    yield gateway
    assert taken[-1] == request.param


async def read(gateway) -> str:
    """Return what comes of an answer that is cut. Fails when it is not."""
    came = b""
    asked = {**ASKED, "stream": True, "stream_options": {"include_usage": True}}
    headers = {"authorization": f"Bearer {gateway.key}"}
    try:
        async with gateway.client.stream(
            "POST", "/p/acme/chat/chat/completions", json=asked, headers=headers
        ) as answer:
            async for piece in answer.aiter_raw():
                came += piece
    except httpx.RemoteProtocolError:
        return came.decode()
    raise AssertionError("the answer came to its end")


class TestTheReaderOfAStreamThatBreaks:
    async def test_gets_an_error_of_openais_client(self, dying, upstream):
        upstream.answers(stream(data(SAID), data(SAID)))
        async with openai.AsyncOpenAI(api_key=dying.key, base_url=f"{dying.url}/p/acme/chat", max_retries=0) as client:
            chunks = await client.chat.completions.create(**ASKED, stream=True)
            for _ in range(2):
                assert (await anext(chunks)).choices[0].delta.content == "x" * 40
            with pytest.raises(openai.APIError) as caught:
                await anext(chunks)
        assert caught.value.message.endswith(TOLD)
        assert caught.value.code == "upstream_closed"

    async def test_gets_one_for_openais_responses_too(self, dying, upstream):
        upstream.answers(stream(named(CREATED)))
        async with openai.AsyncOpenAI(api_key=dying.key, base_url=f"{dying.url}/p/acme/chat", max_retries=0) as client:
            events = await client.responses.create(model="m", input="Hi", stream=True)
            assert (await anext(events)).type == "response.created"
            with pytest.raises(openai.APIError) as caught:
                await anext(events)
        assert caught.value.code == "upstream_closed"

    async def test_gets_an_error_of_anthropics_client(self, dying, upstream):
        upstream.answers(stream(named(BEGUN)))
        async with anthropic.AsyncAnthropic(
            api_key=dying.key, base_url=f"{dying.url}/p/acme/chat", max_retries=0
        ) as client:
            events = await client.messages.create(**ASKED, max_tokens=9, stream=True)
            assert (await anext(events)).type == "message_start"
            with pytest.raises(anthropic.APIStatusError) as caught:
                await anext(events)
        assert caught.value.body["error"]["code"] == "upstream_closed"
        assert caught.value.body["error"]["message"].endswith(TOLD)

    async def test_is_charged_for_what_came_and_sees_the_connection_cut(self, dying, upstream, taken):
        upstream.answers(stream(data(SAID)))
        text = await read(dying)
        event = (await dying.events(1 + (taken[-1] == "plain")))[-1]
        said, told = text.split("\n\n")[:2]
        assert said.encode() + b"\n\n" == data(SAID)
        assert json.loads(told.removeprefix("data: "))["error"]["request_id"] == event.event_id
        assert (event.outcome, event.flags, event.usage["output_tokens"]) == ("interrupted", ("estimated",), 10)

    @pytest.mark.parametrize("half", [b"data: {", b"data: {}\n", b'data: {}\n\ndata: {"choices"'])
    async def test_is_told_nothing_inside_of_an_event(self, dying, upstream, half):
        upstream.answers(stream(data(SAID), half))
        assert await read(dying) == (data(SAID) + half).decode()

    async def test_is_told_nothing_in_a_stream_that_is_coded(self, dying, upstream):
        upstream.answers(stream(data(SAID), **{"Content-Encoding": "gzip"}))
        assert await read(dying) == data(SAID).decode()


async def test_a_fallback_answers_in_place_of_a_stream_that_broke_before_its_first_event(gateway, upstream):
    upstream.answers(stream(), sse([SAID, "[DONE]"]))
    answer = await gateway.call("/f/p/acme/chat/chat/completions?_else=p/acme/chat/chat/completions", ASKED)
    assert answer.text == (data(SAID) + b"data: [DONE]\n\n").decode()
