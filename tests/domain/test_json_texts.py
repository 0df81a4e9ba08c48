"""JSON of others is read when it can be written again, and never ends who reads it."""

from __future__ import annotations

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
