"""How upstreams state usage, as a table, and what is refused of it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.metering.shapes import LARGEST, HostileUsage, images, read


def tokens(given_in, out, cached=0):
    usage = {"input_tokens": given_in, "output_tokens": out}
    return {**usage, "cached_input_tokens": cached} if cached else usage


OPENAI = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
STATED = {
    "OpenAI chat": ({"choices": [], "usage": OPENAI}, tokens(100, 20)),
    "OpenAI chat, cached inside": (
        {"usage": {**OPENAI, "prompt_tokens_details": {"cached_tokens": 30}}},
        tokens(70, 20, 30),
    ),
    "OpenAI embeddings": ({"data": [], "usage": {"prompt_tokens": 8, "total_tokens": 8}}, tokens(8, 0)),
    "OpenAI reasoning inside": (
        {"usage": {**OPENAI, "completion_tokens_details": {"reasoning_tokens": 15}}},
        tokens(100, 20),
    ),
    "xAI reasoning outside": (
        {"usage": {**OPENAI, "total_tokens": 135, "completion_tokens_details": {"reasoning_tokens": 15}}},
        tokens(100, 35),
    ),
    "DeepSeek": ({"usage": {**OPENAI, "prompt_cache_hit_tokens": 64}}, tokens(36, 20, 64)),
    "Groq stream": ({"x_groq": {"usage": OPENAI}}, tokens(100, 20)),
    "OpenAI responses": (
        {
            "object": "response",
            "usage": {"input_tokens": 50, "input_tokens_details": {"cached_tokens": 10}, "output_tokens": 5},
        },
        tokens(40, 5, 10),
    ),
    "OpenAI responses event": (
        {"type": "response.completed", "response": {"usage": {"input_tokens": 50, "output_tokens": 5}}},
        tokens(50, 5),
    ),
    "OpenAI transcription": ({"text": "", "usage": {"type": "duration", "seconds": 9.5}}, {"seconds": Decimal("9.5")}),
    "Anthropic, cached outside": (
        {
            "type": "message",
            "usage": {
                "input_tokens": 10,
                "cache_read_input_tokens": 90,
                "cache_creation_input_tokens": 5,
                "output_tokens": 7,
            },
        },
        tokens(15, 7, 90),
    ),
    "Anthropic delta": ({"type": "message_delta", "usage": {"output_tokens": 7}}, {"output_tokens": 7}),
    "Gemini": (
        {
            "usageMetadata": {
                "promptTokenCount": 100,
                "cachedContentTokenCount": 40,
                "toolUsePromptTokenCount": 3,
                "candidatesTokenCount": 10,
                "thoughtsTokenCount": 5,
                "totalTokenCount": 118,
            }
        },
        tokens(63, 15, 40),
    ),
    "Bedrock converse": (
        {"usage": {"inputTokens": 9, "outputTokens": 4, "cacheReadInputTokens": 6, "cacheWriteInputTokens": 1}},
        tokens(10, 4, 6),
    ),
    "Bedrock invocation metrics": (
        {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 9, "outputTokenCount": 4}},
        tokens(9, 4),
    ),
    "Bedrock Titan": ({"inputTextTokenCount": 5, "results": [{"tokenCount": 3}, {"tokenCount": 4}]}, tokens(5, 7)),
    "Bedrock Llama": ({"generation": "", "prompt_token_count": 5, "generation_token_count": 3}, tokens(5, 3)),
    "Ollama": ({"done": True, "prompt_eval_count": 26, "eval_count": 298}, tokens(26, 298)),
    "Cohere": ({"meta": {"billed_units": {"input_tokens": 4, "output_tokens": 6}}}, tokens(4, 6)),
    "a total only": ({"usage": {"total_tokens": 12}}, {"total_tokens": 12}),
}

HOSTILE = [-1, -(10**9), LARGEST + 1, 10**30, 1.5, 2.0, float("nan"), float("inf"), "5", True, False, [], {}]


class TestRead:
    @pytest.mark.parametrize("case", STATED)
    def test_brings_to_one_form(self, case):
        answer, expected = STATED[case]

        assert read(answer).usage == expected

    @pytest.mark.parametrize(
        "answer",
        [
            {},
            {"usage": None},
            {"usage": []},
            {"usage": "many"},
            {"usage": {}},
            {"type": "message_stop"},
            {"response": None},
            {"usageMetadata": None},
            {"choices": [{"message": {"content": '"usage":{"prompt_tokens":1}'}}]},
            {"choices": [{"usage": OPENAI}], "input": {"usage": OPENAI}},
        ],
    )
    def test_finds_nothing_where_nothing_is_stated(self, answer):
        assert read(answer) is None

    def test_knows_that_a_message_has_only_begun(self):
        begun = {"type": "message_start", "message": {"usage": {"input_tokens": 25, "output_tokens": 1}}}

        assert read(begun).usage == {"input_tokens": 25, "output_tokens": 1}
        assert not read(begun).is_final
        assert read({"type": "message_delta", "usage": {"output_tokens": 9}}).is_final

    @pytest.mark.parametrize("value", HOSTILE)
    @pytest.mark.parametrize(
        "wrap",
        [
            lambda value: {"usage": {**OPENAI, "prompt_tokens": value}},
            lambda value: {"usage": {**OPENAI, "completion_tokens": value}},
            lambda value: {"usage": {**OPENAI, "prompt_tokens_details": {"cached_tokens": value}}},
            lambda value: {"usage": {"input_tokens": 1, "output_tokens": value}},
            lambda value: {"type": "message", "usage": {"input_tokens": value, "output_tokens": 1}},
            lambda value: {"usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": value}},
            lambda value: {"usage": {"inputTokens": value, "outputTokens": 1}},
            lambda value: {"usage": {"total_tokens": value}},
        ],
    )
    def test_refuses_what_cannot_be(self, wrap, value):
        with pytest.raises(HostileUsage):
            read(wrap(value))

    @pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "nan", True, 10**13, None])
    def test_refuses_seconds_that_cannot_be(self, value):
        with pytest.raises(HostileUsage):
            read({"usage": {"type": "duration", "seconds": value}})

    def test_refuses_more_cached_tokens_than_there_were(self):
        with pytest.raises(HostileUsage):
            read({"usage": {**OPENAI, "prompt_tokens_details": {"cached_tokens": 101}}})

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        [
                            "usage",
                            "message",
                            "response",
                            "usageMetadata",
                            "type",
                            "prompt_tokens",
                            "input_tokens",
                            "inputTokens",
                        ]
                    ),
                    inner,
                    max_size=4,
                )
            ),
        ).filter(lambda value: isinstance(value, dict))
    )
    def test_gives_nothing_but_counts_whatever_it_reads(self, answer):
        try:
            stated = read(answer)
        except HostileUsage:
            return
        for amount in stated.usage.values() if stated else ():
            assert isinstance(amount, int | Decimal)
            assert 0 <= amount <= 2 * LARGEST


class TestImages:
    @pytest.mark.parametrize(
        ("answer", "count"),
        [
            ({"created": 1, "data": [{"url": "a"}, {"b64_json": "b"}]}, 2),
            ({"created": 1, "data": []}, 0),
            ({"created": 1, "data": [{"embedding": []}]}, None),
            ({"object": "list", "data": [{"url": "a"}]}, None),
            ({"created": 1, "choices": []}, None),
        ],
    )
    def test_are_counted(self, answer, count):
        assert images(answer) == count
