"""Odd and hostile schemas: the form is always made, and never without end."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.schema_forms import fields, posted
from domain.schema_forms.shapes import Kind, shape_of
from domain.schema_forms.values import MISSING

KEYWORDS = [
    "type",
    "properties",
    "items",
    "enum",
    "const",
    "oneOf",
    "anyOf",
    "allOf",
    "$ref",
    "required",
    "title",
    "default",
]
WORDS = ["object", "array", "string", "number", "null", "#/properties/a", "#", "range", "", "a", "checkboxes"]
ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 300) | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYWORDS, "a", "b"]), inner, max_size=5)
    ),
    max_leaves=12,
)
UI = st.dictionaries(
    st.sampled_from(["ui:widget", "ui:order", "ui:options", "ui:disabled", "ui:enumNames", "ui:help", "a"]),
    ODD,
    max_size=4,
)


def tree(schema, value=MISSING, ui=None):
    return fields.build(shape_of(schema, ui), value, name="f", errors={}, unreadable={})


def count(field):
    return 1 + sum(count(child) for child in field.children)


class TestOddSchemas:
    @given(schema=st.dictionaries(st.sampled_from(KEYWORDS), ODD, max_size=6), ui=UI, value=ODD)
    @settings(deadline=None)
    def test_make_a_form_all_the_same(self, schema, ui, value):
        assert count(tree(schema, value, ui)) >= 1
        assert posted.read(shape_of(schema, ui), {"f~state": ["present"]}, name="f") is not None

    def test_a_schema_that_contains_itself_ends_in_a_field_for_json(self):
        schema = {"type": "object", "properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}}}

        assert 3 < count(tree(schema, {})) < 700

    def test_a_reference_in_a_circle_allows_anything(self):
        schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"$ref": "#/$defs/x"}}}

        assert tree(schema, {}).children[0].kind is Kind.JSON

    def test_references_outside_the_schema_are_not_followed(self):
        schema = {"type": "object", "properties": {"a": {"$ref": "https://elsewhere.example/schema.json"}}}

        assert tree(schema, {}).children[0].kind is Kind.JSON

    def test_a_long_posted_number_of_items_is_cut(self):
        schema = {"type": "array", "items": {"type": "string"}}

        reading = posted.read(shape_of(schema), {"f~count": ["99999999999"]}, name="f")

        assert len(reading.value) == fields.MOST_ITEMS


class TestWords:
    @pytest.mark.parametrize(
        ("schema", "ui", "label"),
        [
            ({"type": "string"}, {}, "Api key secret"),
            ({"type": "string", "title": "Key"}, {}, "Key"),
            ({"type": "string", "title": "Key"}, {"ui:title": "Your key"}, "Your key"),
            ({"type": "string"}, {"ui:options": {"title": "Theirs"}}, "Theirs"),
            ({"type": "string", "title": 7}, {}, "Api key secret"),
        ],
    )
    def test_a_field_is_called_as_it_asks_for(self, schema, ui, label):
        whole = {"type": "object", "properties": {"api_key_secret": schema}}

        assert tree(whole, {}, {"api_key_secret": ui}).children[0].label == label

    @pytest.mark.parametrize(
        ("schema", "ui", "labels"),
        [
            ({"enum": ["a", 1, True, None, ""]}, {}, ["a", "1", "Yes", "None", "(empty)"]),
            ({"enum": ["a", "b"], "enumNames": ["Alpha"]}, {}, ["Alpha", "b"]),
            ({"enum": ["a", "b"]}, {"ui:enumNames": ["Alpha", "Beta"]}, ["Alpha", "Beta"]),
            ({"oneOf": [{"const": 1, "title": "One"}, {"const": 2}]}, {}, ["One", "2"]),
            ({"type": ["boolean", "null"]}, {}, ["Yes", "No", "None"]),
            ({"anyOf": [{"enum": ["a"]}, {"type": "null"}]}, {}, ["a", "None"]),
        ],
    )
    def test_choices_are_named(self, schema, ui, labels):
        whole = {"type": "object", "properties": {"x": schema}}

        shown = tree(whole, {}, {"x": ui}).children[0].choices

        assert [choice.label for choice in shown if choice.text] == labels
