"""Sentences about values: at their place, in words of the form."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from domain.schema_forms import problems


def explained(schema, value):
    return problems.explain(Draft202012Validator(schema).iter_errors(value))


class TestExplain:
    @pytest.mark.parametrize(
        ("schema", "value", "path", "sentence"),
        [
            ({"required": ["a"]}, {}, ("a",), "This is required."),
            ({"properties": {"a": {"required": ["b"]}}}, {"a": {}}, ("a", "b"), "This is required."),
            ({"properties": {"a": {"type": "integer"}}}, {"a": "x"}, ("a",), "Must be a whole number."),
            ({"properties": {"a": {"type": ["string", "null"]}}}, {"a": 1}, ("a",), "Must be text or nothing."),
            ({"properties": {"a": {"minimum": 3}}}, {"a": 2}, ("a",), "Must be 3 or more."),
            ({"properties": {"a": {"maxLength": 2}}}, {"a": "abc"}, ("a",), "Must have at most 2 characters."),
            ({"properties": {"a": {"enum": ["x"]}}}, {"a": "y"}, ("a",), "Choose one of the values that are offered."),
            ({"properties": {"a": {"uniqueItems": True}}}, {"a": [1, 1]}, ("a",), "Must not have the same item twice."),
            ({"properties": {"a": {"items": {"type": "string"}}}}, {"a": ["x", 1]}, ("a", 1), "Must be text."),
            ({"additionalProperties": False}, {"z": 1}, (), "Has a value with a name that is not known here."),
            ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, ("b",), "This is required too."),
            ({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {}, (), "Does not fit what the service asks for."),
        ],
    )
    def test_names_the_place_and_the_remedy(self, schema, value, path, sentence):
        assert explained(schema, value) == {path: [sentence]}

    def test_names_everything_that_is_missing(self):
        assert set(explained({"required": ["a", "b"]}, {})) == {("a",), ("b",)}

    def test_never_quotes_a_long_rule_whole(self):
        (sentence,) = explained({"properties": {"a": {"pattern": "x" * 5000}}}, {"a": "y"})[("a",)]

        assert len(sentence) < 200


class TestUnstorable:
    @pytest.mark.parametrize(
        ("value", "path"),
        [
            ({"a": "x\0"}, ("a",)),
            ({"a": ["\ud800"]}, ("a", 0)),
            ({"a": {"b\0": 1}}, ("a",)),
            ({"a": float("nan")}, ("a",)),
            ({"a": [{"b": float("inf")}]}, ("a", 0, "b")),
        ],
    )
    def test_finds_what_no_database_keeps(self, value, path):
        assert list(problems.unstorable(value)) == [path]

    def test_lets_pass_what_can_be_kept(self):
        assert problems.unstorable({"a": ["x\n\r\t", 1.5, None, True, {"é": "💶"}]}) == {}
