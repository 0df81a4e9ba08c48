"""JSON of others is read when it can be written again, and never ends who reads it."""

from __future__ import annotations

import json

import pytest

from domain import json_texts


@pytest.mark.parametrize(
    "text", ['{"a": [1, "é", null, 18446744073709551616]}', b"1.5", '"\\u0000"', "[" * 200 + "]" * 200]
)
def test_what_can_be_written_again_is_read(text):
    json_texts.read(text)


@pytest.mark.parametrize(
    "text",
    ["", "{", b"\xff", "NaN", "[1e999]", '{"a": -Infinity}', '"\\ud800"', '{"\\udfff": 1}', "9" * 5000,
     "[" * 202 + "]" * 202, '{"a":' * 900 + "1" + "}" * 900, "[" * 100_000, "[" * 100_000 + "]" * 100_000],
)  # fmt: skip
def test_anything_else_is_no_json(text):
    with pytest.raises(ValueError):
        json_texts.read(text)


@pytest.mark.parametrize("value", [{"a": [1, None, "é"]}, {"id": 2**70}, {"half": "\ud83d"}])
def test_what_was_read_is_written(value):
    assert json.loads(json_texts.write(value)) == value


def test_what_is_too_deep_is_not_written():
    value = []
    for _ in range(900):
        value = [value]
    with pytest.raises(ValueError, match="too deeply"):
        json_texts.write(value)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("a\0\0b", "a\ufffd\ufffdb"),
        (r"\u0000", r"\u0000"),
        ("\\\0", "\\\ufffd"),
        (r"\\u0000", r"\\u0000"),
        ("é\n", "é\n"),
    ],
)
def test_a_nul_is_replaced_and_what_looks_like_one_is_not(value, kept):
    assert json.loads(json_texts.without_nul(json.dumps([value, {value: 1}]))) == [kept, {kept: 1}]
