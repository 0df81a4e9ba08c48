"""An answer is held against what was expected of it."""

from __future__ import annotations

import pytest

from domain.scheduling.expectations import BadExpectation, check_expectations, checks, is_status


@pytest.mark.parametrize(
    ("wanted", "fits", "does_not"),
    [
        ("2xx", [200, 204, 299], [199, 300, 404]), ("200", [200], [201]), ("200, 404", [200, 404], [403]),
        ("200-204", [200, 202, 204], [205]), ("3XX,201", [301, 201], [200]),
    ],
)  # fmt: skip
def test_a_status_is_one_of_those(wanted, fits, does_not):
    assert all(is_status(status, wanted) for status in fits)
    assert not any(is_status(status, wanted) for status in does_not)


@pytest.mark.parametrize(
    ("match", "expected", "body", "ok"),
    [
        ("contains", "fine", b"all is fine", True), ("contains", "fine", b"all is Fine", False),
        ("equals", "fine", b" fine\n", True), ("equals", "fine", b"fine too", False),
        ("json", '{"a": {"b": 1}}', b'{"a": {"b": 1, "c": 2}, "d": 3}', True),
        ("json", '{"a": {"b": 1}}', b'{"a": {"b": "1"}}', False), ("json", '{"a": null}', b"{}", False),
        ("json", "[1, 2]", b"[1, 2]", True), ("json", "[1]", b"[1, 2]", False), ("json", "1", b"true", False),
        ("json", "{}", b"not json", False),
    ],
)  # fmt: skip
def test_a_body_says_what_was_expected(match, expected, body, ok):
    status, found = checks(
        status=200, body=body, is_whole=True, expected_status="", expected_body=expected, match=match
    )
    assert (status.ok, status.expected, found.ok) == (True, "2xx", ok)


def test_an_answer_that_was_cut_is_only_looked_through():
    kept = {"status": 200, "body": b"fine", "is_whole": False, "expected_status": "", "expected_body": "fine"}
    assert checks(**kept, match="contains")[1].ok
    assert not checks(**kept, match="equals")[1].ok


@pytest.mark.parametrize(
    ("status", "body", "match", "field"),
    [("20", "", "contains", "expected_status"), ("200-100", "", "contains", "expected_status"),
     ("6xx", "", "contains", "expected_status"), ("200", "{", "json", "expected_body")],
)  # fmt: skip
def test_what_cannot_be_held_against_an_answer_is_refused(status, body, match, field):
    with pytest.raises(BadExpectation) as caught:
        check_expectations(status, body, match)
    assert caught.value.field == field
