"""What a request may use at most, and asking for usage."""

from __future__ import annotations

import orjson
import pytest

from domain.metering import asks_for_stream, ensure_stream_usage, max_usage

CHAT = {"messages": [{"role": "user", "content": "hi"}]}


class TestMaxUsage:
    @pytest.mark.parametrize(
        ("request_body", "details", "output"),
        [
            (CHAT, {}, 4096),
            ({**CHAT, "max_tokens": 10}, {}, 10),
            ({**CHAT, "max_completion_tokens": 20, "max_tokens": 10}, {}, 20),
            ({"input": "hi", "max_output_tokens": 30}, {}, 30),
            ({"contents": [], "generationConfig": {"maxOutputTokens": 40, "candidateCount": 2}}, {}, 80),
            ({"inferenceConfig": {"maxTokens": 50}}, {}, 50),
            ({"inputText": "", "textGenerationConfig": {"maxTokenCount": 60}}, {}, 60),
            ({"prompt": "", "options": {"num_predict": 70}}, {}, 70),
            (CHAT, {"max_output_tokens": 100}, 100),
            ({**CHAT, "max_tokens": 10}, {"max_output_tokens": 100}, 10),
            ({**CHAT, "max_tokens": 1000}, {"max_output_tokens": 100}, 100),
            ({**CHAT, "max_tokens": 10, "n": 5}, {}, 50),
            ({**CHAT, "max_tokens": 10, "n": 5000}, {}, 50_000),
            ({"prompt": "a", "max_tokens": 10, "n": 1, "best_of": 4}, {}, 40),
            ({"prompt": ["a", "b", "c"], "max_tokens": 10}, {}, 30),
            ({"prompt": [1, 2, 3], "max_tokens": 10}, {}, 10),
            ({"prompt": [[1], [2]], "max_tokens": 10}, {}, 20),
            ({**CHAT, "max_tokens": 10**30}, {}, 10**12),
            # as JSON is read: 5.0 is the whole number 5, and very large ones come as floats
            (orjson.loads('{"max_tokens": 10.0, "n": 5.0}'), {}, 50),
            (orjson.loads('{"max_tokens": 1000000000000000000000000000000}'), {}, 10**12),
            ({"generationConfig": {"maxOutputTokens": 40, "candidateCount": 2.0}}, {}, 80),
            *[({**CHAT, "max_tokens": odd, "n": odd}, {}, 4096) for odd in (0, -5, None, "10", 1.5, True, [], {})],
            (["not", "an", "object"], {"max_output_tokens": "100"}, 4096),
            (None, {}, 4096),
        ],
    )
    def test_bounds_the_output(self, request_body, details, output):
        assert max_usage(request_body, 100, details)["output_tokens"] == output

    @pytest.mark.parametrize(
        ("request_body", "details", "most"),
        [
            (CHAT, {}, 500),
            (CHAT, {"context_length": 128_000}, 500),
            (CHAT, {"context_length": 300}, 300),
            (CHAT, {"context_length": None}, 500),
            ({**CHAT, "tools": [{"type": "function"}]}, {}, 500 + 1024),
            (
                {
                    "messages": [
                        {"content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "u"}}]}
                    ]
                },
                {},
                500 + 8192,
            ),
            ({"contents": [{"parts": [{"text": "a"}, {"fileData": {"fileUri": "u"}}]}]}, {}, 500 + 8192),
            ({"input": "hi", "previous_response_id": "r"}, {}, 500 + 131_072),
            ({"input": "hi", "previous_response_id": "r"}, {"context_length": 8000}, 8000),
            ({"messages": "odd", "input": [None, {"content": 5}], "contents": [[]]}, {}, 500),
        ],
    )
    def test_bounds_the_input(self, request_body, details, most):
        bound = max_usage(request_body, 500, details)

        assert bound["input_tokens"] == most
        assert bound["total_tokens"] == most + bound["output_tokens"]

    def test_bounds_every_other_metric(self):
        bound = max_usage({"prompt": "a cat", "n": 3}, 30, {"max_seconds": 20, "max_response_bytes": 1000})

        assert (bound["count"], bound["images_generated"]) == (3, 3)
        assert (bound["bytes_in"], bound["bytes_out"], bound["characters"], bound["seconds"]) == (30, 1000, 30, 20)
        assert max_usage({}, 30, {})["seconds"] == 600


class TestEnsureStreamUsage:
    @pytest.mark.parametrize(
        ("body", "path", "options"),
        [
            ({"stream": True}, "v1/chat/completions", {"include_usage": True}),
            ({"stream": True}, "v1/completions/", {"include_usage": True}),
            ({"stream": True, "stream_options": None}, "chat/completions", {"include_usage": True}),
            ({"stream": True, "stream_options": {"a": 1}}, "chat/completions", {"a": 1, "include_usage": True}),
            ({"stream": True, "stream_options": {"include_usage": False}}, "chat/completions", {"include_usage": True}),
        ],
    )
    def test_asks_where_the_client_did_not(self, body, path, options):
        before = dict(body)

        assert ensure_stream_usage(body, path) == ({**body, "stream_options": options}, True)
        assert body == before

    @pytest.mark.parametrize(
        ("body", "path"),
        [
            ({"stream": True, "stream_options": {"include_usage": True}}, "chat/completions"),
            ({"stream": False}, "chat/completions"),
            ({"stream": "true"}, "chat/completions"),
            ({}, "chat/completions"),
            ({"stream": True}, "v1/responses"),
            ({"stream": True}, "v1/messages"),
        ],
    )
    def test_leaves_other_requests_as_they_are(self, body, path):
        assert ensure_stream_usage(body, path) == (body, False)


class TestAsksForStream:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [({"stream": True}, True), ({"stream": 1}, False), ({"stream": "true"}, False), ([], False), (None, False)],
    )
    def test_wants_it_said_plainly(self, body, expected):
        assert asks_for_stream(body) is expected
