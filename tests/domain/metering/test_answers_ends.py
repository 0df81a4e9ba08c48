"""The usage at the end of an answer is found without reading the rest, and is what reading all of it finds."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.metering import HostileUsage, shapes, statements

_WORDS = (
    "usage",
    "choices",
    "prompt_tokens",
    "completion_tokens",
    "x_groq",
    'say "usage": {"prompt_tokens":1}',
    '\\"usage',
    "{",
    "",
)
_TEXTS = st.sampled_from(_WORDS)
_USAGES = st.fixed_dictionaries({"prompt_tokens": st.integers(-1, 9), "completion_tokens": st.integers(0, 9)})
_VALUES = st.recursive(
    _TEXTS | st.none() | st.integers(0, 9) | _USAGES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=12,
)
_ANSWERS = st.lists(st.tuples(_TEXTS, _VALUES | _USAGES), max_size=5).map(
    lambda members: dict([("choices", []), *members, *[each for each in members if each[0] == "usage"]])
)
_WRITERS = st.sampled_from(
    (orjson.dumps, lambda each: json.dumps(each).encode(), lambda each: json.dumps(each, indent=1).encode())
)


def found(find, answer):
    try:
        return find(answer)
    except HostileUsage as error:
        return str(error)


@given(_ANSWERS, _WRITERS)
def test_what_is_found_at_the_end_is_what_the_whole_states(answer, write):
    end = found(statements._at_the_end, write(answer))
    assert end is None or end == found(shapes.read, answer)


@pytest.mark.parametrize("write", [orjson.dumps, lambda each: json.dumps(each).encode()])
@pytest.mark.parametrize(
    "answer",
    [
        {"id": "1", "choices": [{"message": {"content": 'a "usage": {} b' * 5000}}]},
        {"object": "list", "data": [{"object": "embedding", "embedding": [0.5] * 5000}]},
    ],
)
def test_most_long_answers_are_not_read(monkeypatch, answer, write):
    body = write({**answer, "usage": {"prompt_tokens": 3, "completion_tokens": 4}, "system_fingerprint": "fp"})
    read: list[int] = []
    monkeypatch.setattr(statements, "parsed", lambda text: read.append(len(text)) or orjson.loads(text))
    stated = statements.in_body(body, is_whole=True)
    assert stated is not None
    assert stated.usage == {"input_tokens": 3, "output_tokens": 4}
    assert sum(read) < 200
