"""Unmodified clients of others: the marketplace's own published one with its wrappers, OpenAI's and Anthropic's."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest
from unitysvc import Client
from unitysvc._wrappers import WrappedTarget

from tests.factories import records as make
from tests.fakes.upstream import json_answer, sse

BODY = {"model": "m", "messages": []}
COMPLETION = {
    "id": "c", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
}  # fmt: skip
CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
         "choices": [{"index": 0, "delta": {"content": "Hi"}}]}  # fmt: skip
MESSAGE = {
    "id": "m", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn", "stop_sequence": None,
    "content": [{"type": "text", "text": "Hello"}], "usage": {"input_tokens": 3, "output_tokens": 1},
}  # fmt: skip

Wrap = Callable[[Any, Any], Any]
#: The published client's builders: (letter, what it does to a target, given another target)
WRAPPERS: dict[str, Wrap] = {
    "l": lambda target, _other: target.logged(),
    "L": lambda target, _other: target.logged(_complete=True),
    "m": lambda target, _other: target.cached(_ttl="5m"),
    "M": lambda target, _other: target.cached(_ttl="5m", _renew=True),
    "f": lambda target, other: target.with_failover(other),
    "t": lambda target, other: target.with_tee(other.cached(_ttl="5m")),
    "d": lambda target, _other: target.delayed(_in="30s"),
    "r": lambda target, _other: target.recurrent(_every="5m"),
}


@pytest.fixture
def client(market):
    with Client(market.gateway.key, base_url=f"{market.gateway.url}/v1") as client:
        yield client


def expected(inner: str, outer: str) -> int:
    """Return the status of a call in two wrappers: the same twice and both kinds of later do not go together."""
    if inner.lower() == outer.lower() or {inner, outer} == {"d", "r"}:
        return 400
    return 202 if {inner, outer} & {"d", "r"} else 200


async def send(target: WrappedTarget, **more: Any) -> Any:
    return await asyncio.to_thread(lambda: target.dispatch(json=BODY, **more))


class TestThePublishedClient:
    @pytest.mark.parametrize("path", [f"p/{make.service_id('well')}", "g/pool", "a/llm", "c/work", "e/CEFF"])
    async def test_wraps_everything_twice(self, wares, client, path):
        other = WrappedTarget("p/other", client)
        for inner, outer in itertools.permutations("lLmMftdr", 2):
            wares.gateway.schedules.kept.clear()
            target = WRAPPERS[outer](WRAPPERS[inner](WrappedTarget(path, client), other), other)
            told = await send(target)
            assert told.status_code == expected(inner, outer), (target.path, told.text)
            if told.status_code == 200:
                assert told.json() == {"from": "well"}
            kept = [schedule.path for schedule in wares.gateway.schedules.kept]
            assert len(kept) == (told.status_code == 202)
            assert not any(path.startswith(("/d", "/r")) or "_in=" in path or "_every=" in path for path in kept)

    async def test_stacks_all_of_them_with_several_question_marks(self, wares, client):
        down, other = WrappedTarget("p/down", client), WrappedTarget("g/pool", client)
        copy = WrappedTarget("p/other", client)
        target = down.cached(_ttl="1h").with_failover(other).with_tee(copy).logged(_complete=True)
        assert target.path.count("?") == 4
        first, second = await send(target), await send(target)
        assert first.json() == second.json() == {"from": "well"}
        assert (first.headers["x-usvc-failed"], second.headers["x-usvc-cache"]) == ("down 503", "hit")
        events = await wares.gateway.events(3)
        assert {(event.role, event.log) for event in events} == {
            ("primary", "complete"), ("failover", "complete"), ("tee", "complete"),
        }  # fmt: skip

    async def test_gets_the_id_of_a_registered_call(self, wares, client):
        told = await send(WrappedTarget("p/well", client).recurrent(_every="5m"))
        assert told.json()["id"] == wares.gateway.schedules.kept[0].id


class TestOpenAI:
    @pytest.mark.parametrize("path", ["a/llm", "g/pool", "m/a/llm", "l/m/g/pool", "c/work"])
    async def test_chats_by_whatever_name(self, wares, path):
        wares.answers("well", json_answer(COMPLETION))
        async with openai.AsyncOpenAI(
            api_key=wares.gateway.key, base_url=f"{wares.gateway.url}/{path}", max_retries=0
        ) as client:
            for _ in range(2):
                told = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])
                assert told.choices[0].message.content == "Hello"
        assert len(wares.requests("well")) == (1 if "m/" in path else 2)

    async def test_streams_through_a_fallback_and_from_memory(self, wares):
        wares.answers("well", sse([CHUNK, CHUNK, "[DONE]"]))
        async with openai.AsyncOpenAI(
            api_key=wares.gateway.key,
            base_url=f"{wares.gateway.url}/m/f/p/down",
            default_query={"_else": "p/well/chat/completions"},
            max_retries=0,
        ) as client:
            for _ in range(2):
                stream = await client.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": "Hi"}], stream=True
                )
                assert [chunk.choices[0].delta.content async for chunk in stream if chunk.choices] == ["Hi", "Hi"]
        assert len(wares.requests("well")) == 1

    async def test_lists_the_models_of_a_group(self, wares):
        async with openai.AsyncOpenAI(api_key=wares.gateway.key, base_url=f"{wares.gateway.url}/g/pool") as client:
            assert [model.id async for model in client.models.list()] == ["well"]

    async def test_reads_a_refusal(self, wares):
        async with openai.AsyncOpenAI(
            api_key=wares.gateway.key, base_url=f"{wares.gateway.url}/a/nobody", max_retries=0
        ) as client:
            with pytest.raises(openai.NotFoundError) as caught:
                await client.models.list()
        assert caught.value.code == "alias_not_found"


class TestAnthropic:
    async def test_talks_to_an_alias_with_a_fallback(self, wares):
        wares.answers("well", json_answer(MESSAGE))
        wares.alias("claude", "f/p/down?_else=p/well/v1/messages")
        await wares.open()
        async with anthropic.AsyncAnthropic(
            api_key=wares.gateway.key, base_url=f"{wares.gateway.url}/a/claude", max_retries=0
        ) as client:
            told = await client.messages.create(model="m", max_tokens=10, messages=[{"role": "user", "content": "Hi"}])
        assert told.content[0].text == "Hello"
        assert wares.requests("well")[0].target == "/well/v1/messages"
