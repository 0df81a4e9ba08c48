"""Chats told in the other dialect: worked examples, whole and streamed."""

from __future__ import annotations

import json

import pytest

from domain.transforming.errors import TransformerInvalid, TransformFailed
from domain.transforming.llm import answers, failures, requests
from domain.transforming.llm.dialects import read_translation
from domain.transforming.llm.streams import translator

TO_OPENAI = read_translation("anthropic_to_openai")
TO_ANTHROPIC = read_translation("openai_to_anthropic")
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}}

ANTHROPIC_REQUEST = {
    "model": "claude", "max_tokens": 100, "stop_sequences": ["END"], "temperature": 0.5, "top_k": 5,
    "system": [{"type": "text", "text": "Be "}, {"type": "text", "text": "brief."}],
    "metadata": {"user_id": "u1"},
    "messages": [
        {"role": "user", "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}]},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "text", "text": "Let me see."},
            {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Oslo"}}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "rain"}]},
            {"type": "text", "text": "Go on."}]},
    ],
    "tools": [{"name": "weather", "description": "Tells it.", "input_schema": WEATHER}],
    "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
}  # fmt: skip
OPENAI_REQUEST = {
    "model": "claude", "max_tokens": 100, "stop": ["END"], "temperature": 0.5, "user": "u1",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}]},
        {"role": "assistant", "content": "Let me see.", "tool_calls": [
            {"id": "t1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}]},
        {"role": "tool", "tool_call_id": "t1", "content": "rain"},
        {"role": "user", "content": "Go on."},
    ],
    "tools": [{"type": "function",
               "function": {"name": "weather", "description": "Tells it.", "parameters": WEATHER}}],
    "tool_choice": "required", "parallel_tool_calls": False,
}  # fmt: skip
MESSAGE = {
    "id": "1", "type": "message", "role": "assistant", "model": "upstreams",
    "content": [{"type": "text", "text": "Hello"},
                {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Oslo"}}],
    "stop_reason": "tool_use", "stop_sequence": None,
    "usage": {"input_tokens": 10, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 1, "output_tokens": 7},
}  # fmt: skip
COMPLETION = {
    "id": "1", "object": "chat.completion", "created": 5, "model": "upstreams",
    "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "content": "Hello",
                 "tool_calls": [{"id": "t1", "type": "function",
                                 "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}]}}],
    "usage": {"prompt_tokens": 15, "completion_tokens": 7, "total_tokens": 22,
              "prompt_tokens_details": {"cached_tokens": 4}},
}  # fmt: skip


class TestRequests:
    def test_go_from_anthropic_to_openai(self):
        assert requests.translated(ANTHROPIC_REQUEST, TO_OPENAI) == OPENAI_REQUEST

    def test_go_from_openai_to_anthropic(self):
        made = requests.translated(OPENAI_REQUEST, TO_ANTHROPIC)
        expected = {key: value for key, value in ANTHROPIC_REQUEST.items() if key != "top_k"}
        turns = [dict(turn) for turn in ANTHROPIC_REQUEST["messages"]]
        turns[1]["content"] = turns[1]["content"][1:]  # a thought is not told
        turns[2]["content"] = [{"type": "tool_result", "tool_use_id": "t1", "content": "rain"}, turns[2]["content"][1]]
        assert made == {**expected, "system": "Be brief.", "messages": turns}

    def test_ask_for_usage_and_give_a_limit(self):
        body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
        assert requests.translated(body, TO_OPENAI)["stream_options"] == {"include_usage": True}
        assert requests.translated(body, TO_ANTHROPIC)["max_tokens"] == 4096

    @pytest.mark.parametrize(
        ("changes", "way"),
        [
            ({"n": 2}, TO_ANTHROPIC),
            ({"response_format": {"type": "json_object"}}, TO_ANTHROPIC),
            ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, TO_ANTHROPIC),
            ({"functions": [{"name": "weather", "parameters": WEATHER}]}, TO_ANTHROPIC),
            ({"web_search_options": {}}, TO_ANTHROPIC),
            ({"modalities": ["text", "audio"]}, TO_ANTHROPIC),
            ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, TO_OPENAI),
            ({"mcp_servers": [{"type": "url", "url": "https://x.example", "name": "x"}]}, TO_OPENAI),
            ({"output_format": {"type": "json_schema", "schema": WEATHER}}, TO_OPENAI),
            ({"output_config": {"format": {"type": "json_schema", "schema": WEATHER}}}, TO_OPENAI),
            ({"messages": "Hi"}, TO_OPENAI),
            ({"messages": [1]}, TO_ANTHROPIC),
            ({"tools": 5}, TO_OPENAI),
            ({"messages": [{"role": "assistant", "tool_calls": 7}]}, TO_ANTHROPIC),
        ],
    )
    def test_that_the_other_side_cannot_serve_are_refused(self, changes, way):
        with pytest.raises(TransformFailed):
            requests.translated({"model": "m", "messages": [], **changes}, way)

    def test_that_want_no_tool_say_nothing_of_tools_beside_each_other(self):
        body = {**OPENAI_REQUEST, "tool_choice": "none", "parallel_tool_calls": False}
        assert requests.translated(body, TO_ANTHROPIC)["tool_choice"] == {"type": "none"}

    @pytest.mark.parametrize(
        ("way", "rest", "base", "expected"),
        [
            (TO_OPENAI, ("v1", "messages"), "https://x.example/openai/v1", ("chat", "completions")),
            (TO_OPENAI, ("v1", "messages"), "https://x.example", ("v1", "chat", "completions")),
            (TO_OPENAI, ("v1", "messages"), "https://x.example/v1beta/openai/", ("chat", "completions")),
            (TO_ANTHROPIC, ("chat", "completions"), "https://x.example/v1alpha2", ("messages",)),
            (TO_OPENAI, (), "https://x.example/v1/chat/completions", ()),
            (TO_OPENAI, ("v1", "chat", "completions"), "https://x.example/v1", None),
            (TO_ANTHROPIC, ("chat", "completions"), "https://x.example/v1/", ("messages",)),
            (TO_ANTHROPIC, ("v1", "models"), "https://x.example/v1", None),
        ],
    )
    def test_are_translated_where_the_path_is_the_dialects(self, way, rest, base, expected):
        assert way.rest(rest, base) == expected

    @pytest.mark.parametrize("written", ["openai", 1, None, {"mode": "x"}])
    def test_need_a_known_way(self, written):
        with pytest.raises(TransformerInvalid):
            read_translation(written)


class TestAnswers:
    def test_go_from_openai_to_anthropic(self):
        made = answers.translated(COMPLETION, TO_OPENAI, "claude", 9)
        usage = {"input_tokens": 11, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 0, "output_tokens": 7}
        assert made == {**MESSAGE, "id": "msg_1", "model": "claude", "usage": usage}

    def test_go_from_anthropic_to_openai(self):
        made = answers.translated(MESSAGE, TO_ANTHROPIC, "gpt", 5)
        expected = json.loads(json.dumps({**COMPLETION, "id": "chatcmpl-1", "model": "gpt"}))
        expected["choices"][0]["logprobs"] = None
        expected["choices"][0]["message"]["refusal"] = None
        assert made == expected

    @pytest.mark.parametrize(
        ("way", "answer"),
        [
            (TO_OPENAI, {"choices": []}),
            (TO_ANTHROPIC, {}),
            (TO_OPENAI, []),
            (TO_OPENAI, {"choices": [{"message": {"tool_calls": 5}}]}),
        ],
    )
    def test_that_are_none_are_refused(self, way, answer):
        with pytest.raises(TransformFailed):
            answers.translated(answer, way, "m", 0)

    def test_say_that_a_tool_is_called_though_openai_only_says_stop_where_the_caller_named_it(self):
        forced = json.loads(json.dumps(COMPLETION).replace('"finish_reason": "tool_calls"', '"finish_reason": "stop"'))
        assert answers.translated(forced, TO_OPENAI, "claude", 9)["stop_reason"] == "tool_use"

    def test_tell_errors_in_the_callers_words(self):
        anthropic = failures.translated({"error": {"message": "slow down", "type": "x"}}, 429, TO_OPENAI)
        openai = failures.translated({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}, 529,
                                     TO_ANTHROPIC)  # fmt: skip
        assert anthropic == {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}
        assert openai["error"]["message"] == "busy"
        assert failures.translated(None, 500, TO_OPENAI)["error"]["type"] == "api_error"


def events(stream: bytes) -> list[object]:
    found = [line[6:] for line in stream.decode().split("\n") if line.startswith("data: ")]
    return [text if text == "[DONE]" else json.loads(text) for text in found]


DELTAS: list[tuple[dict, str | None]] = [
    ({"role": "assistant", "content": ""}, None),
    ({"content": "Hel"}, None),
    ({"content": "lo \u00e4"}, None),
    ({"tool_calls": [{"index": 0, "id": "t1", "function": {"name": "weather", "arguments": ""}}]}, None),
    ({"tool_calls": [{"index": 0, "function": {"arguments": '{"city":'}}]}, None),
    ({"tool_calls": [{"index": 0, "function": {"arguments": '"Oslo"}'}}]}, None),
    ({}, "tool_calls"),
]


def chunk(delta: dict, reason: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return b"data: " + json.dumps({"id": "1", "choices": [choice]}).encode() + b"\n\n"


USAGE = b'data: {"id":"1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4}}\r\n\r\n'
OPENAI_STREAM = b"".join(chunk(*each) for each in DELTAS) + USAGE + b"data: [DONE]\n\n"


class TestStreams:
    @pytest.mark.parametrize("size", [1, 7, 10_000])
    def test_go_from_openai_to_anthropic_however_they_are_cut(self, size):
        stream = translator(TO_OPENAI, "claude", 0, tells_usage=False)
        pieces = [OPENAI_STREAM[at : at + size] for at in range(0, len(OPENAI_STREAM), size)]
        told = events(b"".join([stream.feed(piece) for piece in pieces]) + stream.end())
        kinds = [event["type"] for event in told]
        assert kinds == [
            "message_start", "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop",
            "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop", "message_delta",
            "message_stop",
        ]  # fmt: skip
        assert [event["delta"]["text"] for event in told[2:4]] == ["Hel", "lo ä"]
        assert told[5]["content_block"] == {"type": "tool_use", "id": "t1", "name": "weather", "input": {}}
        assert "".join(event["delta"]["partial_json"] for event in told[6:8]) == '{"city":"Oslo"}'
        assert told[9]["delta"]["stop_reason"] == "tool_use"
        assert (told[9]["usage"]["input_tokens"], told[9]["usage"]["output_tokens"]) == (9, 4)

    def test_that_end_without_a_mark_are_ended(self):
        stream = translator(TO_OPENAI, "claude", 0, tells_usage=False)
        told = events(stream.feed(OPENAI_STREAM.replace(b"data: [DONE]\n\n", b"")) + stream.end())
        assert told[-1] == {"type": "message_stop"}

    def test_that_break_off_are_not_ended(self):
        stream = translator(TO_OPENAI, "claude", 0, tells_usage=False)
        told = events(stream.feed(OPENAI_STREAM[:300]) + stream.end())
        assert told[-1]["type"] != "message_stop"

    def test_say_that_a_tool_is_called_though_openai_only_says_stop_where_the_caller_named_it(self):
        stream = translator(TO_OPENAI, "claude", 0, tells_usage=False)
        told = events(stream.feed(OPENAI_STREAM.replace(b'"finish_reason": "tool_calls"', b'"finish_reason": "stop"')))
        assert told[-2]["delta"]["stop_reason"] == "tool_use"

    def test_say_that_it_was_refused_as_whole_answers_do(self):
        stream = translator(TO_OPENAI, "claude", 0, tells_usage=False)
        told = events(stream.feed(chunk({"refusal": "No."}, None) + chunk({}, "stop") + b"data: [DONE]\n\n"))
        assert told[-2]["delta"]["stop_reason"] == "refusal"

    def test_leave_out_what_is_not_of_the_format(self):
        stream = translator(TO_OPENAI, "claude", 0, tells_usage=False)
        odd = b'data: {"choices": [{"delta": {"tool_calls": 5}}]}\n\ndata: {"choices": 1}\n\ndata: [1]\n\ndata: {\n\n'
        told = events(stream.feed(odd + OPENAI_STREAM) + stream.end())
        assert told[-1] == {"type": "message_stop"}

    def test_go_from_anthropic_to_openai(self):
        said = [
            {"type": "message_start", "message": {"id": "1", "usage": {"input_tokens": 9, "output_tokens": 1}}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "ping"},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
            {"type": "content_block_stop", "index": 0},
            {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t", "name": "w"}},
            {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
            {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 4}},
            {"type": "message_stop"},
        ]
        stream = translator(TO_ANTHROPIC, "gpt", 5, tells_usage=True)
        wire = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in said).encode()
        *chunks, usage, done = events(stream.feed(wire) + stream.end())
        deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
        assert deltas == [
            {"role": "assistant", "content": ""}, {"content": "Hi"},
            {"tool_calls": [{"index": 0, "id": "t", "type": "function", "function": {"name": "w", "arguments": ""}}]},
            {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}, {},
        ]  # fmt: skip
        assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
        assert (usage["usage"]["prompt_tokens"], usage["usage"]["completion_tokens"]) == (9, 4)
        assert done == "[DONE]"

    def test_give_a_tool_that_is_told_nothing_an_empty_object(self):
        said = [
            {"type": "message_start", "message": {"id": "1"}},
            {"type": "content_block_start", "index": 0,
             "content_block": {"type": "tool_use", "id": "t", "name": "now", "input": {}}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": ""}},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
            {"type": "message_stop"},
        ]  # fmt: skip
        stream = translator(TO_ANTHROPIC, "gpt", 5, tells_usage=False)
        *chunks, _done = events(stream.feed("".join(f"data: {json.dumps(event)}\n\n" for event in said).encode()))
        calls = [call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", ())]
        assert json.loads("".join(call["function"]["arguments"] for call in calls)) == {}

    def test_keep_usage_that_the_end_does_not_tell_anew(self):
        said = [
            {"type": "message_start", "message": {"id": "1", "usage": {"input_tokens": 9, "output_tokens": 1}}},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"},
             "usage": {"input_tokens": None, "cache_read_input_tokens": None, "output_tokens": 4}},
            {"type": "message_stop"},
        ]  # fmt: skip
        stream = translator(TO_ANTHROPIC, "gpt", 5, tells_usage=True)
        told = events(stream.feed("".join(f"data: {json.dumps(event)}\n\n" for event in said).encode()))
        assert (told[-2]["usage"]["prompt_tokens"], told[-2]["usage"]["completion_tokens"]) == (9, 4)

    def test_open_another_block_for_what_is_said_after_a_tool(self):
        deltas = [*DELTAS[:-1], ({"content": "Done."}, None), DELTAS[-1]]
        stream = translator(TO_OPENAI, "claude", 0, tells_usage=False)
        told = events(stream.feed(b"".join(chunk(*each) for each in deltas) + b"data: [DONE]\n\n"))
        open_blocks = set()
        for event in told:
            match event["type"]:
                case "content_block_start":
                    open_blocks.add(event["index"])
                case "content_block_delta":
                    assert event["index"] in open_blocks
                case "content_block_stop":
                    open_blocks.remove(event["index"])
        assert [event["content_block"]["type"] for event in told if "content_block" in event] == [
            "text", "tool_use", "text"]  # fmt: skip
