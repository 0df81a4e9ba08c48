"""What an answer is expected to be."""

from __future__ import annotations

import pytest

from marketplace.testing.expectations import body_problem, difference, expected, status_problem


class TestStatus:
    @pytest.mark.parametrize(
        ("meta", "is_told", "passing", "failing"),
        [
            ({}, True, [200, 204, 299], [302, 400, 401, 404, 500]),
            ({}, False, [200, 404, 405, 422, 429], [301, 401, 403, 407, 500, 503]),
            ({"response": {"status": 404}}, True, [404], [200, 500]),
            ({"response": {"status": [200, 202]}}, True, [200, 202], [201]),
            ({"response": {"status": "200"}}, True, [200, 201], [500]),
            ({"response": "200"}, True, [201], [404]),
            ({"response": {"status": True}}, True, [200], [1]),
        ],
    )
    def test_is_as_the_document_says(self, meta, is_told, passing, failing):
        wanted = expected(meta, is_told=is_told)

        assert [status_problem(wanted, status) for status in passing] == [""] * len(passing)
        assert all(status_problem(wanted, status) for status in failing)


class TestJson:
    @pytest.mark.parametrize(
        ("wanted", "found", "problem"),
        [
            ({"a": 1}, {"a": 1, "b": 2}, ""),
            ({"a": None}, {"a": {"deep": True}}, ""),
            ({"a": None}, {}, "a is missing"),
            ({"a": {"b": 1}}, {"a": {"b": 2}}, "a.b is 2 instead of 1"),
            ({"a": []}, {"a": [1]}, ""),
            ({"a": [{"b": None}]}, {"a": [{"b": 0}, 2]}, ""),
            ({"a": [{"b": None}]}, {"a": [{}]}, "a[0].b is missing"),
            ({"a": [1, 2]}, {"a": [1]}, "a is no list of at least 2"),
            ({"a": {}}, {"a": []}, "a is no object"),
            ({"a": True}, {"a": 1}, "a is 1 instead of true"),
            ("x", "y", 'the answer is "y" instead of "x"'),
        ],
    )
    def test_holds_what_is_wanted_and_may_hold_more(self, wanted, found, problem):
        assert difference(wanted, found) == problem

    def test_is_asked_for_only_where_the_document_says_so(self):
        assert body_problem(expected({}, is_told=True), "<html>") == ""
        assert body_problem(expected({"response": {"json": {}}}, is_told=True), "<html>") == "the answer is not JSON"

    def test_survives_a_very_deep_answer(self):
        wanted = expected({"response": {"json": {"a": 1}}}, is_told=True)

        assert body_problem(wanted, "[" * 100_000) == "the answer is not JSON"
