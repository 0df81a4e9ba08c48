"""What a call takes of a limit: by its bytes and its words before it is made, by its usage afterwards."""

from __future__ import annotations

import pytest

from domain.limits.amounts import expected, used

BODY = {"max_tokens": 50, "n": 2}
USAGE = {"input_tokens": 30, "cached_input_tokens": 5, "output_tokens": 10, "bytes_in": 100, "bytes_out": 900}


@pytest.mark.parametrize(
    ("unit", "before", "after"),
    [
        ("requests", 1, 1),
        ("concurrent", 1, 1),
        ("input_tokens", 11, 35),  # 41 bytes, four a token
        ("output_tokens", 100, 10),  # two answers of 50
        ("tokens", 111, 45),
        ("bytes", 41, 1000),
    ],
)
def test_of_every_unit(unit, before, after):
    assert (expected(unit, BODY, 41, {}), used(unit, USAGE)) == (before, after)


@pytest.mark.parametrize("unit", ["tokens", "input_tokens", "bytes"])
def test_no_call_takes_nothing(unit):
    assert expected(unit, None, 0, {}) >= 1


def test_a_total_that_is_told_counts():
    assert used("tokens", {"total_tokens": 7, "input_tokens": 1}) == 7
