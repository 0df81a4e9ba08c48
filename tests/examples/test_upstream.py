"""The demo upstream against the published clients."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import httpx2
import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI, AuthenticationError

from examples.upstream.accounts import KEYS
from examples.upstream.app import Upstream

QUESTION = "how many roads must a man walk down"  # 8 words
ANSWER = f"Echo: {QUESTION}"


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
async def http(upstream: Upstream) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(upstream)
    async with httpx.AsyncClient(transport=transport, base_url="http://upstream") as client:
        yield client


@pytest.fixture
def openai(http: httpx.AsyncClient) -> AsyncOpenAI:
    return AsyncOpenAI(api_key=KEYS["northwind"], base_url="http://upstream/northwind/openai/v1", http_client=http)


@pytest.fixture
async def anthropic(upstream: Upstream) -> AsyncIterator[AsyncAnthropic]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(upstream)) as http:
        base_url = "http://upstream/tidewater/anthropic"
        yield AsyncAnthropic(api_key=KEYS["tidewater"], base_url=base_url, http_client=http)


def user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


class TestOpenAIFormat:
    async def test_answers_a_chat_and_counts_words(self, openai):
        messages = [{"role": "system", "content": "Be brief."}, *user(QUESTION)]
        answer = await openai.chat.completions.create(model="aurora-large", messages=messages)
        assert answer.choices[0].message.content == ANSWER
        assert answer.choices[0].finish_reason == "stop"
        assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (10, 9, 19)
        assert answer.usage.prompt_tokens_details.cached_tokens == 0

    async def test_counts_the_system_words_as_cached_inside_the_prompt(self, openai):
        messages = [{"role": "system", "content": "Be very brief."}, *user("hello")]
        answer = await openai.chat.completions.create(model="aurora-large", messages=messages, prompt_cache_key="k")
        assert answer.usage.prompt_tokens == 4
        assert answer.usage.prompt_tokens_details.cached_tokens == 3

    async def test_cuts_the_reply_at_the_limit(self, openai):
        answer = await openai.chat.completions.create(model="m", messages=user(QUESTION), max_completion_tokens=3)
        assert answer.choices[0].message.content == "Echo: how many"
        assert (answer.choices[0].finish_reason, answer.usage.completion_tokens) == ("length", 3)

    async def test_streams_word_by_word_and_ends_with_the_usage(self, openai):
        stream = await openai.chat.completions.create(
            model="aurora-large", messages=user(QUESTION), stream=True, stream_options={"include_usage": True}
        )
        chunks = [chunk async for chunk in stream]
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == ANSWER
        assert [chunk.usage is not None for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
        assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (8, 9)

    async def test_streams_no_usage_unasked(self, openai):
        stream = await openai.chat.completions.create(model="m", messages=user("hi"), stream=True)
        assert all(chunk.usage is None and chunk.choices for chunk in [chunk async for chunk in stream])

    async def test_embeds_every_text_alike_each_time(self, openai):
        first, second = [await openai.embeddings.create(model="e", input=["one two", "three"]) for _ in range(2)]
        assert [len(row.embedding) for row in first.data] == [8, 8]
        assert first.data[0].embedding == second.data[0].embedding != first.data[1].embedding
        assert first.usage.total_tokens == 3

    async def test_paints_as_many_pictures_as_asked(self, openai):
        pictures = await openai.images.generate(model="prism-1", prompt="a blue square", n=2)
        assert len(pictures.data) == 2
        assert pictures.data[0].b64_json.startswith("iVBOR")

    async def test_answers_the_newer_responses(self, openai):
        answer = await openai.responses.create(model="aurora-large", input=QUESTION, instructions="Be brief.")
        assert answer.output_text == ANSWER
        assert (answer.usage.input_tokens, answer.usage.output_tokens) == (10, 9)

    async def test_streams_the_newer_responses(self, openai):
        stream = await openai.responses.create(model="aurora-large", input=QUESTION, stream=True)
        events = [event async for event in stream]
        text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        assert text == ANSWER
        assert events[-1].response.usage.output_tokens == 9

    async def test_lists_its_models(self, openai):
        assert "aurora-large" in [model.id async for model in openai.models.list()]

    async def test_refuses_a_wrong_key_in_its_format(self, openai):
        with pytest.raises(AuthenticationError, match="Incorrect API key"):
            await openai.with_options(api_key="wrong").models.list()


class TestAnthropicFormat:
    async def test_answers_a_message_and_counts_words(self, anthropic):
        answer = await anthropic.messages.create(
            model="fable-1", max_tokens=100, system="Be brief.", messages=user(QUESTION)
        )
        assert answer.content[0].text == ANSWER
        assert (answer.usage.input_tokens, answer.usage.output_tokens) == (10, 9)
        assert answer.stop_reason == "end_turn"

    async def test_counts_cached_blocks_beside_the_input(self, anthropic):
        system = [{"type": "text", "text": "one two three", "cache_control": {"type": "ephemeral"}}]
        answer = await anthropic.messages.create(model="m", max_tokens=9, system=system, messages=user("hi"))
        assert (answer.usage.input_tokens, answer.usage.cache_read_input_tokens) == (1, 3)

    async def test_streams_with_the_usage_at_both_ends(self, anthropic):
        async with anthropic.messages.stream(model="fable-1", max_tokens=4, messages=user(QUESTION)) as stream:
            text = "".join([piece async for piece in stream.text_stream])
            message = await stream.get_final_message()
        assert text == "Echo: how many roads"
        assert (message.usage.input_tokens, message.usage.output_tokens) == (8, 4)
        assert message.stop_reason == "max_tokens"

    async def test_counts_tokens_for_nothing(self, anthropic):
        counted = await anthropic.messages.count_tokens(model="m", messages=user("one two"))
        assert counted.input_tokens == 2


class TestOtherServices:
    async def test_keeps_the_messages_of_a_topic(self, http):
        sent = await http.post("/topics/AB7K", content="the build is green")
        read = await http.get("/topics/AB7K/json")
        assert sent.json()["message"] == "the build is green"
        assert [line for line in read.text.splitlines() if sent.json()["id"] in line]

    async def test_forecasts_a_place_in_the_units_of_the_header(self, http):
        headers = {"authorization": f"Bearer {KEYS['tidewater']}"}
        metric = (await http.get("/tidewater/forecast/Oslo/3", headers=headers)).json()
        imperial = (await http.get("/tidewater/forecast/Oslo/3", headers={**headers, "x-units": "imperial"})).json()
        assert [len(metric["days"]), metric["unit"], imperial["unit"]] == [3, "C", "F"]
        assert imperial["days"] == [round(degree * 9 / 5 + 32) for degree in metric["days"]]

    async def test_answers_with_the_status_asked_for(self, http):
        assert (await http.get("/open/status/503")).status_code == 503


class TestRecord:
    async def test_holds_what_was_asked_with_its_usage(self, http, openai):
        await openai.chat.completions.create(model="aurora-large", messages=user("hello there"))
        record = (await http.get("/_served", params={"account": "northwind"})).json()
        (served,) = record["served"]
        assert served["headers"]["authorization"] == f"Bearer {KEYS['northwind']}"
        assert (served["usage"]["prompt_tokens"], served["usage"]["completion_tokens"]) == (2, 3)

    async def test_forgets_on_demand(self, http):
        await http.get("/open/echo")
        await http.delete("/_served")
        assert (await http.get("/_served")).json() == {"count": 0, "served": []}


class TestHostileInput:
    @pytest.fixture(
        params=[b"", b"[]", b"{", b'{"messages": 1}', b'{"messages": [1]}', b'{"max_tokens": 1, "messages": {}}']
    )
    def body(self, request) -> Iterator[bytes]:
        return request.param

    @pytest.mark.parametrize("path", ["openai/v1/chat/completions", "anthropic/v1/messages"])
    async def test_is_refused_with_a_sentence(self, http, body, path):
        headers = {"x-api-key": KEYS["northwind"], "anthropic-version": "2023-06-01"}
        answer = await http.post(f"/northwind/{path}", content=body, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["error"]["message"]
