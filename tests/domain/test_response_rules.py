"""domain/response_rules.py: rules by name, the first that holds, its status and its words."""

from __future__ import annotations

from typing import Any

import pytest

from domain.response_rules import MAX_MESSAGE, Verdict, read


def verdict(rules: dict[str, Any], body: Any = None, status: int = 200, **more: Any) -> Verdict | None:
    read_rules, problems = read(rules)
    assert read_rules is not None
    assert problems == []
    return read_rules.verdict({"status": status, "headers": {}, "body": body}, **more)


QUOTA = {"condition": "{{ body.code == 7 }}", "status": 429, "message": "Come back at {{ body.at }}, {{ body.who }}."}


class TestAVerdict:
    def test_is_none_of_an_answer_that_is_well(self):
        assert verdict({"fault": "{{ body.error }}"}, {"text": "fine"}) is None

    def test_of_a_text_is_502_in_our_words(self):
        told = verdict({"fault": "{{ body.error }}"}, {"error": "x"})
        assert told == Verdict("fault", 502, "The service's answer is a failure by its rule 'fault'.")

    def test_has_the_status_and_the_words_of_its_rule(self):
        told = verdict({"quota": QUOTA}, {"code": 7, "at": [9, 30], "who": "Ada"})
        assert told == Verdict("quota", 429, "Come back at [9, 30], Ada.")

    def test_is_that_of_the_first_rule_that_holds(self):
        rules = {"a": "{{ body.a }}", "b": "{{ body.b }}", "c": "{{ body.b }}"}
        assert verdict(rules, {"a": 0, "b": 1}).rule == "b"

    def test_has_no_more_words_than_a_sentence(self):
        told = verdict({"x": {"condition": "true", "message": "{{ body }}"}}, ["y" * 5000])
        assert len(told.message) == MAX_MESSAGE

    def test_without_the_body_comes_from_the_rules_that_need_none(self):
        rules = {"body": "{{ not body.ok }}", "head": {"condition": "status == 203", "message": "{{ body.x }}"}}
        assert verdict(rules, status=203, has_body=False).rule == "head"
        assert verdict({"body": "{{ not body.ok }}"}, has_body=False) is None


class TestReading:
    @pytest.mark.parametrize("value", [None, {}, [], "x"])
    def test_nothing_is_no_rules(self, value):
        assert read(value) == (None, [])

    def test_says_what_is_wrong_and_takes_the_others(self):
        rules, problems = read({"bad": {"ok": True}, "good": "{{ body.error }}"})
        assert [rule.name for rule in rules.rules] == ["good"]
        assert [problem.path for problem in problems] == [("bad", "ok")]

    def test_takes_no_more_than_twenty(self):
        rules, (problem,) = read({f"r{number}": "{{ body.error }}" for number in range(21)})
        assert (len(rules.rules), problem.message) == (20, "at most 20 rules are allowed (got 21)")

    def test_knows_whether_the_body_is_read(self):
        assert not read({"x": "{{ status == 203 }}"})[0].read_body
        assert read({"x": {"condition": "status == 203", "message": "{{ body.why }}"}})[0].read_body
