"""Parameters of customers: a seller's schema made safe, values checked, defaults filled."""

from __future__ import annotations

import pytest
from referencing.exceptions import Unresolvable

from marketplace.catalog.files.parameters import (
    check_schema,
    merged,
    required_without_value,
    validate_parameters,
    with_defaults,
)
from marketplace.catalog.files.problems import Findings
from tests.marketplace.catalog.files.samples import texts

CITY = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "pattern": "^[A-Z]", "maxLength": 20},
        "days": {"type": "integer", "minimum": 1, "maximum": 7, "default": 3},
        "unit": {"enum": ["metric", "imperial"], "default": "metric"},
        "extra": {
            "type": "object",
            "properties": {"wind": {"type": "boolean", "default": False}},
            "required": ["wind"],
        },
    },
    "required": ["city", "days"],
}


def _told(schema):
    found = Findings("", ("schema",))
    assert check_schema(schema, found) is (found.problems == [])
    return texts(found.problems)


def _nested(levels):
    inner = {"type": "string"}
    for _ in range(levels):
        inner = {"type": "object", "properties": {"a": inner}}
    return inner


def _doubling(levels):
    definitions = {
        f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]} for n in range(levels)
    }
    return {"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": {**definitions, f"d{levels}": {}}}


class TestSchema:
    @pytest.mark.parametrize("schema", [
        {"type": "object"},
        CITY,
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/name"}}, "$defs": {"name": {"type": "string"}}},
        {"type": "object", "properties": {"$ref": {"type": "string"}, "pattern": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"default": {"$ref": "https://a.example"}, "enum": [{"pattern": "("}]}}},
        _nested(5),
    ])  # fmt: skip
    def test_of_an_object_is_taken(self, schema):
        assert _told(schema) == []

    @pytest.mark.parametrize(("schema", "told"), [
        ([], "schema: must be an object (got a list)"),
        ({"type": "array"}, "schema.type: must be 'object' (got 'array')"),
        ({}, "schema.type: must be 'object' (got null)"),
        (_nested(7), "schema: nested deeper than 12 levels"),
        ({"type": "object", "properties": {str(n): {} for n in range(501)}},
         "schema: at most 500 objects and lists (got 503)"),
        ({"type": "object", "description": "x" * 65_536}, "schema: at most 64 KiB"),
        ({"type": "object", "properties": {"a": {"type": "text"}}},
         "schema.properties.a.type: not valid JSON Schema: 'text' is not valid under any of the given schemas"),
        ({"type": "object", "properties": {"a": {"required": True}}},
         "schema.properties.a.required: not valid JSON Schema: True is not of type 'array'"),
        ({"type": "object", "properties": {"a": {"pattern": "(?=x)"}}},
         "schema.properties.a.pattern: not a pattern that RE2 reads: invalid perl operator: (?= (got '(?=x)'). "
         "RE2 has no look-around and no back references"),
        ({"type": "object", "properties": {"a": {"pattern": "x" * 501}}},
         "schema.properties.a.pattern: at most 500 characters (got 501)"),
        ({"type": "object", "properties": {"a": {"pattern": 5}}}, "schema.properties.a.pattern: must be text (got 5)"),
        ({"type": "object", "patternProperties": {"(a+)+$": {}}},
         "schema.patternProperties: patternProperties is not offered. Name every property"),
        ({"type": "object", "properties": {"properties": {"patternProperties": {"(a+)+$": {}}}}},
         "schema.properties.properties.patternProperties: patternProperties is not offered. Name every property"),
        ({"type": "object", "allOf": [{"unevaluatedProperties": False}]},
         "schema.allOf[0].unevaluatedProperties: unevaluatedProperties is not offered. Name every property"),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/gone"}}},
         "schema: '#/$defs/gone' refers to nothing in the schema"),
        ({"type": "object", "properties": {"a": {"$ref": "#/properties/a"}}},
         "schema: the schema refers to itself; recursive schemas are not offered"),
        (_doubling(60), "schema: the schema's references unfold to too much; write it without repeating them"),
    ])  # fmt: skip
    def test_that_is_unsafe_or_wrong_is_told(self, schema, told):
        assert told in _told(schema)

    @pytest.mark.parametrize("reference", [
        "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "#", "#/default/x", "other.json#/a", 5
    ])  # fmt: skip
    def test_refers_to_nothing_outside_of_itself(self, reference):
        schema = {"type": "object", "properties": {"a": {"$ref": reference}}}

        [told] = _told(schema)

        assert "only references inside the schema are allowed" in told


class TestValues:
    @pytest.mark.parametrize(("values", "told"), [
        ({"city": "Bern", "days": 2}, []),
        ({}, [("city", "This field is required."), ("days", "This field is required.")]),
        ({"city": "bern", "days": 2}, [("city", "does not match the pattern ^[A-Z]")]),
        ({"city": "Bern", "days": "2"}, [("days", "'2' is not of type 'integer'")]),
        ({"city": "Bern", "days": 8}, [("days", "8 is greater than the maximum of 7")]),
        ({"city": "Bern", "days": 2, "unit": "cubits"}, [("unit", "'cubits' is not one of ['metric', 'imperial']")]),
        ({"city": "Bern", "days": 2, "extra": {}}, [("extra.wind", "This field is required.")]),
        ({"city": "Bern", "days": float("nan")},
         [("", "The values must be texts, numbers, true, false, lists or objects.")]),
        ({"city": "B" * 70_000, "days": 1}, [("", "The values are longer than 64 KiB.")]),
        ({"city": "Bern", "days": 1, "x": _nested(20)}, [("", "The values are nested too deep.")]),
    ])  # fmt: skip
    def test_are_told_by_path(self, values, told):
        assert validate_parameters(CITY, values) == told

    def test_meet_patterns_in_linear_time(self):
        schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}

        assert validate_parameters(schema, {"a": "a" * 60_000 + "!"}) == [("a", "does not match the pattern ^(a+)+$")]

    def test_never_fetch_what_a_schema_refers_to(self):
        schema = {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/schema"}}}

        with pytest.raises(Unresolvable):
            validate_parameters(schema, {"a": 1})


class TestDefaults:
    def test_fill_what_is_not_given_inside_objects_too(self):
        assert with_defaults(CITY, {"city": "Bern", "extra": {}}) == {
            "city": "Bern",
            "days": 3,
            "unit": "metric",
            "extra": {"wind": False},
        }

    def test_leave_what_is_given(self):
        values = {"city": "Bern", "days": 1, "unit": "imperial"}

        assert with_defaults(CITY, values) == values

    def test_are_copies(self):
        schema = {"type": "object", "properties": {"a": {"default": []}}}

        with_defaults(schema, {})["a"].append(1)

        assert with_defaults(schema, {}) == {"a": []}

    def test_or_testing_values_answer_for_required_parameters(self):
        assert required_without_value(CITY, {}) == ["city"]
        assert required_without_value(CITY, {"city": "Bern"}) == []


class TestMerging:
    def test_asks_for_the_parameters_of_all_and_the_first_wins(self):
        other = {"type": "object", "properties": {"city": {"type": "integer"}, "zip": {}}, "required": ["zip"]}

        both = merged([CITY, other])

        assert both is not None
        assert both["properties"]["city"] == CITY["properties"]["city"]
        assert both["required"] == ["city", "days", "zip"]

    def test_of_none_is_none_and_of_one_is_it(self):
        assert merged([]) is None
        assert merged([CITY]) is CITY
