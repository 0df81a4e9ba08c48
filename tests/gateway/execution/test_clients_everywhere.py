"""The released clients of OpenAI and Anthropic through every primitive: none of them knows that it is there."""

from __future__ import annotations

import anthropic
import openai
import pytest

from domain.routing.grammar import TARGETS, WRAPPERS
from tests.factories import records as make
from tests.fakes.upstream import answer, json_answer, sse
from tests.gateway.execution.test_clients import CHUNK, COMPLETION, MESSAGE

HELLO = [{"role": "user", "content": "Hi"}]
#: name: (base, parameters for OpenAI's path, by which letters). The parameters name a whole path, so it is written in.
PRIMITIVES: dict[str, tuple[str, dict[str, str]]] = {
    "p": ("p/well", {}),
    "p by id": (f"p/{make.service_id('well')}", {}),
    "e": ("e/CEFF", {}),
    "a": ("a/llm", {}),
    "g": ("g/pool", {}),
    "c": ("c/work", {}),
    "l": ("l/p/well", {"_complete": ""}),
    "m": ("m/p/well", {"_ttl": "5m"}),
    "f": ("f/p/down", {"_else": "p/well/{path}"}),
    "f of a group": ("f/g/pool", {}),
    "t": ("t/p/well", {"_to": "p/other/{path}"}),
    "all at once": ("l/t/m/f/p/down", {"_else": "a/llm/{path}", "_to": "g/pool/{path}", "_ttl": "5m"}),
}
LATER = {"r": {"_every": "5m"}, "d": {"_in": "5m"}}
EVENTS = [
    {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
    {"type": "message_stop"},
]


def query(parameters: dict[str, str], path: str) -> dict[str, str]:
    return {name: value.format(path=path) for name, value in parameters.items()}


def test_every_letter_is_among_them():
    letters = {letter for base, _ in PRIMITIVES.values() for letter in base.split("/") if len(letter) == 1}
    # a broadcast answers with an envelope, and has its own tests below
    assert letters | set(LATER) | {"b"} == {*TARGETS, *WRAPPERS}


@pytest.fixture
def chat(wares):
    """OpenAI's client behind a base of its own."""

    def connected(base: str, parameters: dict[str, str] | None = None, path: str = "chat/completions"):
        return openai.AsyncOpenAI(
            api_key=wares.gateway.key,
            base_url=f"{wares.gateway.url}/{base}",
            default_query=query(parameters or {}, path),
            max_retries=0,
        )

    return connected


@pytest.fixture
def claude(wares):
    """Anthropic's client behind a base of its own."""

    def connected(base: str, parameters: dict[str, str]):
        return anthropic.AsyncAnthropic(
            api_key=wares.gateway.key,
            base_url=f"{wares.gateway.url}/{base}",
            default_query=query(parameters, "v1/messages"),
            max_retries=0,
        )

    return connected


class TestOpenAI:
    @pytest.mark.parametrize("name", PRIMITIVES)
    async def test_chats_and_streams(self, wares, chat, name):
        base, parameters = PRIMITIVES[name]
        async with chat(base, parameters) as client:
            wares.answers("well", json_answer(COMPLETION))
            told = await client.chat.completions.create(model="m", messages=HELLO)
            assert told.choices[0].message.content == "Hello"
            wares.answers("well", sse([CHUNK, CHUNK, "[DONE]"]))
            stream = await client.chat.completions.create(model="m", messages=HELLO, stream=True)
            assert [chunk.choices[0].delta.content async for chunk in stream if chunk.choices] == ["Hi", "Hi"]

    @pytest.mark.parametrize("letter", LATER)
    async def test_registers_a_call_for_later(self, chat, letter):
        async with chat(f"{letter}/p/well", LATER[letter]) as client:
            told = await client.chat.completions.with_raw_response.create(model="m", messages=HELLO)
        assert (told.status_code, told.http_response.json()["request_path"]) == (202, "/p/well/chat/completions")

    async def test_reads_the_envelope_of_a_broadcast(self, wares, chat):
        wares.answers("well", json_answer(COMPLETION))
        wares.broadcast("both", "well", "other")
        await wares.open()
        async with chat("b/both") as client:
            told = await client.chat.completions.with_raw_response.create(model="m", messages=HELLO)
        bodies = {each["name"]: each["body"] for each in told.http_response.json()["results"]}
        assert bodies == {"well": COMPLETION, "other": {"from": "other"}}

    @pytest.mark.parametrize("base", ["a/llm", "g/pool", "m/l/c/work"])
    async def test_sends_files_and_fetches_sound(self, wares, chat, base):
        uploaded = {"id": "f", "object": "file", "bytes": 3, "created_at": 1, "filename": "a.txt",
                    "purpose": "batch", "status": "processed"}  # fmt: skip
        async with chat(base) as client:
            wares.answers("well", json_answer(uploaded))
            assert (await client.files.create(file=("a.txt", b"abc"), purpose="batch")).id == "f"
            assert b'name="file"; filename="a.txt"' in wares.requests("well")[-1].body
            wares.answers("well", answer(b"\xff\xfb sound", headers=[("content-type", "audio/mpeg")]))
            spoken = await client.audio.speech.create(model="m", voice="alloy", input="Hi")
            assert spoken.read() == b"\xff\xfb sound"
            vectors = {"object": "list", "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1},
                       "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}]}  # fmt: skip
            wares.answers("well", json_answer(vectors))
            assert (await client.embeddings.create(model="m", input="Hi")).data[0].embedding == [0.5]


class TestAnthropic:
    @pytest.mark.parametrize("name", PRIMITIVES)
    async def test_messages_and_streams(self, wares, claude, name):
        base, parameters = PRIMITIVES[name]
        async with claude(base, parameters) as client:
            wares.answers("well", json_answer(MESSAGE))
            told = await client.messages.create(model="m", max_tokens=9, messages=HELLO)
            assert told.content[0].text == "Hello"
            wares.answers("well", sse(EVENTS))
            async with client.messages.stream(model="m", max_tokens=9, messages=HELLO) as stream:
                assert await stream.get_final_text() == "Hello"

    @pytest.mark.parametrize("letter", LATER)
    async def test_registers_a_call_for_later(self, claude, letter):
        async with claude(f"{letter}/p/well", LATER[letter]) as client:
            told = await client.messages.with_raw_response.create(model="m", max_tokens=9, messages=HELLO)
        assert told.http_response.json()["request_path"] == "/p/well/v1/messages"
