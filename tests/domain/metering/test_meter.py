"""What is charged for: {stream, whole} x {finished, cut off} x {stated, not stated, hostile}."""

from __future__ import annotations

import base64
import json
from decimal import Decimal

import pytest

from domain.metering import Meter, used_by
from tests.domain.metering.answers import REQUEST, STATED, TOKENS, USAGE, USAGE_EVENT, said, sse, used, without_sizes

CHARACTERS = frozenset({"one_million_characters"})


class TestCharacters:
    """No upstream states them: they are those of the text that it was given."""

    @pytest.mark.parametrize(
        ("request_body", "characters"),
        [
            ({"model": "tts-1", "voice": "alloy", "input": "Grüß Gott!", "response_format": "mp3"}, 10),
            ({"text": "Guten Morgen", "model_id": "eleven", "voice_settings": {"stability": 0.5}}, 12),
            ({"input": {"ssml": "<speak>Hi</speak>"}, "voice": {"languageCode": "en-US"}}, 17),
            ({"text": ["ab", "cde"], "target_lang": "DE"}, 5),
            ({"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "four"}]}]}, 4),
            ({"phrase": "Guten", "to": "en"}, 7),
        ],
    )
    def test_are_those_of_the_text_that_was_given(self, request_body, characters):
        request = json.dumps(request_body, ensure_ascii=False).encode()
        found = used_by(b"audio", request_bytes=len(request), needed=CHARACTERS, seconds=Decimal(1), request=request)

        assert (found.usage["characters"], found.flags) == (characters, ("estimated",))
        assert characters <= len(request)  # what was held for it

    def test_of_a_body_that_is_no_json_are_all_of_it(self):
        request = "<speak>Grüß Gott!</speak>".encode()
        found = used_by(b"audio", request_bytes=len(request), needed=CHARACTERS, seconds=Decimal(1), request=request)

        assert found.usage["characters"] == 25

    @pytest.mark.parametrize("hiding", [{"input": "data: " + "x" * 94}, {"input": "x" * 100, "junk": [0] * 60_000}])
    def test_cannot_be_hidden(self, hiding):
        request = json.dumps(hiding).encode()
        found = used_by(b"audio", request_bytes=len(request), needed=CHARACTERS, seconds=Decimal(1), request=request)

        assert 100 <= found.usage["characters"] <= len(request)

    def test_are_counted_also_beside_tokens_that_are_stated(self):
        result = used(json.dumps({"usage": USAGE}).encode(), needed=TOKENS | CHARACTERS)

        assert without_sizes(result) == {**STATED, "characters": 391}

    def test_are_none_before_an_answer_has_begun(self):
        assert "characters" not in used(interrupted=True, needed=CHARACTERS).usage


class TestWholeAnswer:
    def test_is_charged_for_what_it_states(self):
        body = json.dumps({"choices": [{"message": {"content": "hello"}}], "usage": USAGE}).encode()
        result = used(body)

        assert result.usage == {**STATED, "bytes_in": len(REQUEST), "bytes_out": len(body), "count": 1}
        assert result.flags == ()

    def test_may_come_in_pieces(self):
        body = json.dumps({"usage": USAGE}).encode()

        assert without_sizes(used(*(body[at : at + 7] for at in range(0, len(body), 7)))) == STATED

    def test_is_estimated_from_its_text_when_it_states_nothing(self):
        result = used(json.dumps({"choices": [{"message": {"role": "assistant", "content": "a" * 80}}]}).encode())

        assert without_sizes(result) == {"input_tokens": 99, "output_tokens": 20, "total_tokens": 119}
        assert result.flags == ("estimated",)

    def test_is_estimated_when_it_lies(self):
        hostile = {"choices": [{"message": {"content": "a" * 80}}], "usage": {**USAGE, "prompt_tokens": -(10**9)}}
        result = used(json.dumps(hostile).encode())

        assert without_sizes(result) == {"input_tokens": 99, "output_tokens": 20, "total_tokens": 119}
        assert result.flags == ("hostile_usage", "estimated")

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"null", b"[1,2]", b"\x1f\x8b\x08\x00gzip", b'{"usage":' * 5000]
    )
    def test_of_any_bytes_is_estimated(self, body):
        result = used(body)

        assert result.flags == ("estimated",)
        assert 0 <= result.usage["output_tokens"] <= len(body) // 4 + 1

    def test_is_not_estimated_for_a_price_without_tokens(self):
        result = used(b'{"temperature": 21}', needed=frozenset({"count"}))

        assert result.usage == {"bytes_in": len(REQUEST), "bytes_out": 19, "count": 1}
        assert result.flags == ()

    def test_longer_than_what_is_kept_is_read_from_its_end(self):
        filler = json.dumps({"text": "long " * 20_000})[:-1].encode()
        tail = b', "usage": ' + json.dumps(USAGE).encode() + b"}"

        assert without_sizes(used(filler, filler, filler, filler, tail)) == STATED

    def test_longer_than_what_is_kept_is_not_fooled_by_its_own_text(self):
        quoted = json.dumps({"text": 'say "usage": {"prompt_tokens": 1, "completion_tokens": 1}'})[:-1].encode()
        filler = b'{"a": "' + b"z" * 300_000 + b'", '

        result = used(filler, quoted[1:] + b"}")
        assert result.flags == ("estimated",)

    def test_that_was_cut_off_is_charged_for_what_came(self):
        result = used(b'{"choices": [{"message": {"content": "' + b"a" * 400, interrupted=True)

        assert result.flags == ("estimated",)
        assert 90 <= result.usage["output_tokens"] <= 110

    def test_brings_seconds_unless_the_upstream_says_better(self):
        assert used(b"{}", needed=frozenset({"seconds"}), seconds=Decimal("1.25")).usage["seconds"] == Decimal("1.25")
        stated = json.dumps({"text": "", "usage": {"type": "duration", "seconds": 60}}).encode()
        assert used(stated, needed=frozenset({"seconds"}), seconds=Decimal("1.25")).usage["seconds"] == 60

    def test_of_an_embedding_has_no_output(self):
        body = json.dumps({"data": [{"embedding": [0.1]}], "usage": {"prompt_tokens": 8, "total_tokens": 8}}).encode()

        assert without_sizes(used(body)) == {"input_tokens": 8, "output_tokens": 0, "total_tokens": 8}


class TestImages:
    ITEMS = frozenset({"count"})

    def test_are_counted(self):
        body = json.dumps({"created": 1, "data": [{"url": "a"}, {"url": "b"}]}).encode()

        assert used(body, needed=self.ITEMS).usage["count"] == 2

    def test_of_many_megabytes_are_counted_as_they_pass(self):
        image = '{"b64_json":"' + "A" * 700_000 + '"}'
        body = ('{"created":1,"data":[' + ",".join([image] * 3) + "]}").encode()
        for size in (1000, 65_536, 65_537):
            result = used(*(body[at : at + size] for at in range(0, len(body), size)), needed=self.ITEMS)

            assert (result.usage["count"], result.usage["images_generated"]) == (3, 3)

    def test_that_were_not_made_are_not_charged(self):
        assert used(b'{"created":1,"data":[]}', needed=self.ITEMS).usage["count"] == 0


class TestStream:
    def test_is_charged_for_its_last_statement(self):
        result = used(sse(said("Hel")), sse(said("lo")), sse(USAGE_EVENT, b"[DONE]"), stream=True)

        assert without_sizes(result) == STATED
        assert result.flags == ()

    @pytest.mark.parametrize("size", [1, 7, 64, 4096])
    def test_may_be_cut_into_pieces_anywhere(self, size):
        text = sse(*[said("word")] * 200, USAGE_EVENT, b"[DONE]")

        assert without_sizes(used(*(text[at : at + size] for at in range(0, len(text), size)), stream=True)) == STATED

    def test_may_use_other_line_ends(self):
        assert (
            without_sizes(used(sse(said("a"), USAGE_EVENT, b"[DONE]").replace(b"\n", b"\r\n"), stream=True)) == STATED
        )

    def test_is_estimated_from_its_text_when_it_states_nothing(self):
        result = used(*[sse(said("four"))] * 50, sse(b"[DONE]"), stream=True)

        assert without_sizes(result) == {"input_tokens": 99, "output_tokens": 50, "total_tokens": 149}
        assert result.flags == ("estimated",)

    def test_of_any_length_is_estimated_by_what_was_kept(self):
        result = used(*[sse(said("four"))] * 20_000, stream=True, interrupted=True)

        assert 19_000 <= result.usage["output_tokens"] <= 21_000
        assert result.flags == ("estimated",)

    def test_cut_off_before_its_first_event_has_no_output(self):
        result = used(stream=True, interrupted=True)

        assert result.usage["output_tokens"] == 0
        assert "count" not in result.usage

    def test_that_lies_is_estimated(self):
        lie = {"choices": [], "usage": {"prompt_tokens": 10**15, "completion_tokens": 1}}
        result = used(*[sse(said("four"))] * 50, sse(lie, b"[DONE]"), stream=True)

        assert without_sizes(result) == {"input_tokens": 99, "output_tokens": 50, "total_tokens": 149}
        assert result.flags == ("hostile_usage", "estimated")

    def test_keeps_little_however_long_it_is(self):
        meter = Meter(is_stream=True, request_bytes=1, needed=TOKENS)
        for _ in range(50_000):
            meter.feed(sse(said("four")))

        assert sum(map(len, meter._head)) + sum(map(len, meter._tail)) < 64 * 1024

    def test_of_openai_responses_may_end_in_an_event_longer_than_what_is_kept(self):
        usage = {"input_tokens": 50, "input_tokens_details": {"cached_tokens": 10}, "output_tokens": 5}
        response = {
            "id": "r",
            "output": [{"text": "long " * 20_000}],
            "tools": [{"usage": {"type": "string"}}],
            "usage": usage,
        }
        event = b"event: response.completed\n" + sse({"type": "response.completed", "response": response})
        result = used(*(event[at : at + 1000] for at in range(0, len(event), 1000)), stream=True)

        assert without_sizes(result) == {
            "input_tokens": 40,
            "cached_input_tokens": 10,
            "output_tokens": 5,
            "total_tokens": 55,
        }


class TestAnthropicStream:
    START = {
        "type": "message_start",
        "message": {"usage": {"input_tokens": 25, "cache_read_input_tokens": 100, "output_tokens": 1}},
    }

    def delta(self, text):
        return {"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}}

    END = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 42}}

    @pytest.mark.parametrize("deltas", [1, 5000])
    def test_tells_its_input_first_and_its_output_last(self, deltas):
        chunks = [sse(self.START), *[sse(self.delta("word"))] * deltas, sse(self.END), sse({"type": "message_stop"})]
        result = used(*chunks, stream=True)

        assert without_sizes(result) == {
            "input_tokens": 25,
            "cached_input_tokens": 100,
            "output_tokens": 42,
            "total_tokens": 167,
        }
        assert result.flags == ()

    def test_cut_off_is_charged_for_the_text_that_came(self):
        result = used(sse(self.START), *[sse(self.delta("four"))] * 30, stream=True, interrupted=True)

        assert without_sizes(result) == {
            "input_tokens": 25,
            "cached_input_tokens": 100,
            "output_tokens": 30,
            "total_tokens": 155,
        }
        assert result.flags == ("estimated",)


class TestOtherStreams:
    def test_of_gemini_as_events(self):
        first = {"candidates": [], "usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 5}}
        last = {"candidates": [], "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 9}}

        assert without_sizes(used(sse(first), sse(last), stream=True)) == {
            "input_tokens": 5,
            "output_tokens": 9,
            "total_tokens": 14,
        }

    def test_of_gemini_as_an_array(self):
        parts = [{"usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": out}} for out in (1, 9)]

        assert used(json.dumps(parts).encode()).usage["output_tokens"] == 9

    def test_of_ollama_as_lines(self):
        lines = [
            {"response": "a", "done": False},
            {"response": "", "done": True, "prompt_eval_count": 26, "eval_count": 9},
        ]
        text = b"".join(json.dumps(line).encode() + b"\n" for line in lines)

        assert without_sizes(used(text)) == {"input_tokens": 26, "output_tokens": 9, "total_tokens": 35}

    def test_of_bedrock_converse_in_binary_frames(self):
        frame = b"\x00\x00\x00\xab\x00\x00\x00\x52meta\x0d:event-type\x07\x00\x08metadata"
        metadata = json.dumps({"metrics": {"latencyMs": 9}, "usage": {"inputTokens": 5, "outputTokens": 9}}).encode()

        result = used(frame + b'{"delta":{"text":"hi"}}' + frame + metadata + b"\x8d\xfe\x01\x02")
        assert without_sizes(result) == {"input_tokens": 5, "output_tokens": 9, "total_tokens": 14}

    def test_of_bedrock_invocations_in_base64(self):
        event = {
            "type": "message_stop",
            "amazon-bedrock-invocationMetrics": {"inputTokenCount": 5, "outputTokenCount": 9},
        }
        wrapped = json.dumps({"bytes": base64.b64encode(json.dumps(event).encode()).decode()}, separators=(",", ":"))

        result = used(b"\x00\x00\xff" + wrapped.encode() + b"\x00\xfe")
        assert without_sizes(result) == {"input_tokens": 5, "output_tokens": 9, "total_tokens": 14}


class TestRequestEstimate:
    @pytest.mark.parametrize(
        ("content", "most"),
        [
            ([{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 100_000}}], 20),
            ([{"type": "image", "source": {"data": "A" * 100_000}}], 20),
            ("word " * 1000, 1300),
        ],
    )
    def test_does_not_take_images_for_text(self, content, most):
        request = json.dumps({"messages": [{"role": "user", "content": content}]}).encode()
        meter = Meter(is_stream=False, request_bytes=len(request), needed=TOKENS, request=request)

        assert 0 < meter.finish(interrupted=False).usage["input_tokens"] <= most

    def test_takes_all_bytes_when_the_request_is_not_given(self):
        meter = Meter(is_stream=False, request_bytes=4001, needed=TOKENS)

        assert meter.finish(interrupted=False).usage["input_tokens"] == 1001


class TestSoFar:
    def test_grows_with_the_stream(self):
        meter = Meter(is_stream=True, request_bytes=len(REQUEST), needed=TOKENS, request=REQUEST)
        assert meter.so_far().usage["output_tokens"] == 0
        seen = []
        for _ in range(5):
            for _ in range(200):
                meter.feed(sse(said("four")))
            seen.append(meter.so_far().usage["output_tokens"])

        assert seen == pytest.approx([200, 400, 600, 800, 1000], rel=0.05)
        assert meter.so_far().flags == ("estimated",)

    def test_changes_nothing(self):
        meter = Meter(is_stream=True, request_bytes=1, needed=TOKENS)
        meter.feed(sse(said("a"), USAGE_EVENT, b"[DONE]"))
        meter.so_far()

        assert without_sizes(meter.finish(interrupted=False)) == STATED

    def test_of_a_whole_answer_is_estimated(self):
        meter = Meter(is_stream=False, request_bytes=400, needed=TOKENS)
        meter.feed(b'{"choices": [{"message": {"content": "' + b"a" * 362)

        assert meter.so_far().usage["output_tokens"] == 100


class TestAnAnswerInOnePiece:
    @pytest.mark.parametrize(
        "body",
        [
            {"usage": USAGE},
            {"usage": {"prompt_tokens": 5}},
            {"usage": {"prompt_tokens": -5, "completion_tokens": 1}},
            {"usage": {"total_tokens": 5}},
            {"usage": {"type": "duration", "seconds": 3.25}},
            {"type": "message", "usage": {"input_tokens": 3, "output_tokens": 4, "cache_read_input_tokens": 2}},
            {"type": "message_start", "message": {"usage": {"input_tokens": 3, "output_tokens": 1}}},
            {"usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 2}},
            {"created": 1, "data": [{"b64_json": "x"}, {"b64_json": "y"}]},
            {"choices": [{"message": {"content": "hello"}}]},
            [1, {"usage": USAGE}],
            "text",
            {},
        ],
    )
    @pytest.mark.parametrize("needed", [TOKENS, frozenset({"count"}), frozenset(), frozenset({"seconds"})])
    def test_used_what_a_meter_finds(self, body, needed):
        for answer in (json.dumps(body).encode(), json.dumps(body).encode()[:-1], b"no JSON", b""):
            seconds = Decimal("0.120")
            facts = {"request_bytes": len(REQUEST), "needed": needed, "seconds": seconds, "request": REQUEST}
            assert used_by(answer, **facts) == used(answer, needed=needed, seconds=seconds)
