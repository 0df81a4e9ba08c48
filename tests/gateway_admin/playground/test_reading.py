"""What a page is told of an answer: every byte as it came, and the words in it."""

from __future__ import annotations

import json

import pytest

from gateway_admin.playground.reading import SHOWN_BYTES, Reading
from gateway_admin.playground.wire import Head

CHAT = """data: {"choices":[{"delta":{"content":"Hé"}}]}

data: {"choices":[{"delta":{"content":"llo"}}]}

data: [DONE]

"""
ANTHROPIC = (
    'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Hello"}}\n\n'
)
RESPONSES = 'data: {"type":"response.output_text.delta","delta":"Hello"}\r\n\r\n'
GEMINI = 'data: {"candidates":[{"content":{"parts":[{"text":"Hel"},{"text":"lo"}]}}]}\n\n'
COMPLETION = 'data: {"choices":[{"text":"Hello","index":0}]}\n\n'


def head(content_type: str, status: int = 200, **headers: str) -> Head:
    return Head(
        status, (("content-type", content_type), *((name.replace("_", "-"), headers[name]) for name in headers))
    )


def read(answer: Head, body: bytes, step: int = 1000) -> tuple[str, str, dict]:
    """Return (raw text, words, end) of a body that comes in pieces of `step` bytes."""
    reading = Reading(answer)
    told = [each for at in range(0, len(body), step) for each in reading.feed(body[at : at + step])]
    told += reading.end()
    texts = {kind: "".join(content["text"] for name, content in told if name == kind) for kind in ("raw", "words")}
    return texts["raw"], texts["words"], told[-1][1]


class TestStream:
    @pytest.mark.parametrize("step", [1, 7, 4096])
    @pytest.mark.parametrize(
        ("body", "words"),
        [(CHAT, "Héllo"), (ANTHROPIC, "Hello"), (RESPONSES, "Hello"), (GEMINI, "Hello"), (COMPLETION, "Hello")],
    )
    def test_is_told_as_it_is_and_in_its_words_however_it_is_cut(self, body, words, step):
        raw, said, end = read(head("text/event-stream; charset=utf-8"), body.encode(), step)

        assert (raw, said) == (body, words)
        assert end["size"] == len(body.encode())

    @pytest.mark.parametrize(
        "event", ["[]", "1", '{"choices": [1]}', '{"choices": 7}', '{"candidates": [{}]}', "{", "[" * 9000]
    )
    def test_without_words_is_told_as_it_is(self, event):
        raw, said, _ = read(head("text/event-stream"), f"data: {event}\n\n".encode())

        assert (raw, said) == (f"data: {event}\n\n", "")

    def test_forgets_a_line_that_never_ends_and_goes_on_behind_it(self):
        endless = b"data: " + b"x" * 600_000 + b"\n\n" + CHAT.encode()

        assert read(head("text/event-stream"), endless, 100_000)[1] == "Héllo"


class TestWhole:
    def test_json_is_also_told_with_its_lines_indented(self):
        _, _, end = read(head("application/json"), b'{"a":{"b":[1,"\xc3\xa9"]}}')

        assert end["pretty"] == '{\n  "a": {\n    "b": [\n      1,\n      "é"\n    ]\n  }\n}'

    def test_what_is_no_text_is_told_by_its_size(self):
        raw, _, end = read(head("application/octet-stream"), b"\x00\xff" * 50)

        assert raw == ""
        assert (end["is_text"], end["size"], end["picture"]) == (False, 100, "")

    def test_text_that_is_compressed_is_none(self):
        assert read(head("application/json", content_encoding="gzip"), b"\x1f\x8b")[2]["is_text"] is False

    def test_a_picture_comes_along_but_none_that_can_hold_a_script(self):
        assert read(head("image/png"), b"abc")[2]["picture"] == "data:image/png;base64,YWJj"
        assert read(head("image/svg+xml"), b"<svg/>")[2]["picture"] == ""

    def test_more_than_a_page_bears_is_cut_and_counted(self):
        raw, _, end = read(head("text/plain"), b"a" * (SHOWN_BYTES + 5000), 65_536)

        assert len(raw) == SHOWN_BYTES
        assert (end["is_cut"], end["size"]) == (True, SHOWN_BYTES + 5000)


class TestRefusal:
    def body(self, request_id: str) -> bytes:
        error = {"code": "enrollment_required", "message": "Enroll.", "request_id": request_id, "doc_url": "https://x/"}
        return json.dumps({"error": error}).encode()

    def test_of_the_gateway_is_told_with_its_sentence_and_link(self):
        _, _, end = read(head("application/json", 403, x_request_id="r1"), self.body("r1"))

        assert end["error"] == {"code": "enrollment_required", "message": "Enroll.", "url": "https://x/"}

    @pytest.mark.parametrize(("status", "known"), [(403, "r2"), (200, "r1")])
    def test_of_an_upstream_that_looks_like_it_is_only_its_answer(self, status, known):
        assert read(head("application/json", status, x_request_id=known), self.body("r1"))[2]["error"] is None
