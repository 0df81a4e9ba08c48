"""The schema form as HTML: what it shows comes back unchanged, and what sellers write stays text."""

from __future__ import annotations

import json

import pytest
from django.template.loader import render_to_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from domain.schema_forms import fields, posted
from domain.schema_forms.shapes import shape_of
from domain.schema_forms.values import MISSING
from tests.fakes import html_form

ROOT = "parameters"


def html_of(schema, value, ui=None, errors=None, unreadable=None):
    root = fields.build(shape_of(schema, ui), value, name=ROOT, errors=errors or {}, unreadable=unreadable or {})
    template = "object" if root.kind == "object" else "field"
    return render_to_string(f"components/schema_form/{template}.html", {"field": root})


def read_back(schema, ui, html, button=None):
    return posted.read(shape_of(schema, ui), html_form.posts(html, button), name=ROOT)


def exact(value):
    return json.dumps(value, sort_keys=True)


# -- pairs of a schema and a value that is valid under it ---------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=[]), max_size=12) | st.sampled_from(
    ["", "\n", "\r\nx", " a ", "</textarea>", "\0"]
)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ["", "a/b", "a~b", "~json", "x y", "%2F"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


def leaf(schema, values, widgets=("",)):
    return st.tuples(
        st.just(schema), st.sampled_from(widgets).map(lambda each: {"ui:widget": each} if each else {}), values
    )


@st.composite
def enumerated(draw):
    values = draw(st.lists(JSON, min_size=1, max_size=4))
    widget = draw(st.sampled_from(["", "radio", "select", "hidden"]))
    return {"enum": values}, {"ui:widget": widget}, draw(st.sampled_from(values))


@st.composite
def nullable(draw):
    name, values = draw(st.sampled_from([("string", TEXT), ("integer", st.integers()), ("boolean", st.booleans())]))
    return {"type": [name, "null"]}, {}, draw(st.none() | values)


@st.composite
def chosen_of_many(draw):
    options = draw(st.lists(st.text(max_size=4), min_size=1, max_size=4, unique=True))
    value = draw(st.lists(st.sampled_from(options), max_size=4, unique=True))
    schema = {"type": "array", "uniqueItems": True, "items": {"enum": options}}
    return schema, {"ui:widget": draw(st.sampled_from(["", "checkboxes"]))}, value


LEAVES = st.one_of(
    leaf({"type": "string"}, TEXT, ("", "textarea", "password")),
    leaf({"type": "string", "format": "date"}, st.sampled_from(["2026-11-21", "tomorrow", ""])),
    leaf({"type": "integer"}, st.integers() | st.sampled_from([10**400, 1.0]), ("", "range", "hidden")),
    leaf({"type": "integer", "minimum": -5, "maximum": 5}, st.integers(-5, 5), ("", "range")),
    leaf({"type": "number"}, st.floats(allow_nan=False, allow_infinity=False) | st.integers(), ("", "range")),
    leaf({"type": "number", "minimum": 0, "maximum": 2}, st.floats(0, 2), ("", "range")),
    leaf({"type": "boolean"}, st.booleans(), ("", "checkbox", "radio", "select")),
    leaf({}, JSON),
    leaf({"type": "object"}, st.dictionaries(KEYS, JSON, max_size=3)),
    enumerated(),
    nullable(),
    chosen_of_many(),
)


def objects(inner):
    @st.composite
    def build(draw):
        members = draw(st.dictionaries(KEYS, inner, max_size=4))
        schema = {"type": "object", "properties": {key: each[0] for key, each in members.items()}}
        ui = {key: each[1] for key, each in members.items() if each[1]}
        value = {}
        for key, (_, _, each) in members.items():
            if draw(st.booleans()):
                value[key] = each
                if draw(st.booleans()):
                    schema.setdefault("required", []).append(key)
        if draw(st.booleans()):
            extra = draw(st.dictionaries(KEYS, JSON, max_size=2))
            value = {**{key: each for key, each in extra.items() if key not in members}, **value}
        if draw(st.integers(0, 4)) == 0:
            ui["ui:disabled"] = True
        return schema, ui, value

    return build()


def arrays(inner):
    @st.composite
    def build(draw):
        schema, ui, value = draw(inner)
        return {"type": "array", "items": schema}, {"items": ui}, draw(st.lists(st.just(value), max_size=3))

    return build()


PAIRS = objects(st.recursive(LEAVES, lambda inner: objects(inner) | arrays(inner), max_leaves=4))


class TestRoundTrip:
    @given(pair=PAIRS)
    @settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_a_valid_value_comes_back_unchanged(self, pair):
        schema, ui, value = pair
        assert Draft202012Validator(schema).is_valid(value)

        reading = read_back(schema, ui, html_of(schema, value, ui))

        assert not reading.problems
        assert exact(reading.value) == exact(value)

    @pytest.mark.parametrize(
        "schema",
        [
            {"type": "string"},
            {"type": "string", "enum": ["a", "b"]},
            {"type": "integer", "minimum": 1, "maximum": 9},
            {"type": "boolean"},
            {"type": ["string", "null"]},
            {"type": "object", "properties": {"inner": {"type": "boolean"}}, "required": ["inner"]},
            {"type": "array", "items": {"type": "string"}, "minItems": 2},
        ],
    )
    @pytest.mark.parametrize("widget", ["", "radio", "range", "select", "checkboxes"])
    def test_an_optional_value_that_was_not_given_stays_away(self, schema, widget):
        whole = {"type": "object", "properties": {"x": schema}}
        ui = {"x": {"ui:widget": widget}}

        assert read_back(whole, ui, html_of(whole, {}, ui)).value == {}

    def test_a_required_switch_that_is_off_is_false_and_a_required_list_is_empty(self):
        schema = {
            "type": "object",
            "properties": {"on": {"type": "boolean"}, "list": {"type": "array", "items": {"type": "string"}}},
            "required": ["on", "list"],
        }

        assert read_back(schema, {}, html_of(schema, {})).value == {"on": False, "list": []}


class TestButtons:
    SCHEMA = {
        "type": "object",
        "properties": {
            "hosts": {
                "type": "array",
                "items": {"type": "object", "properties": {"port": {"type": "integer", "default": 1}}},
            }
        },
    }

    def test_add_puts_an_item_with_its_default_at_the_end(self):
        schema = {"type": "object", "properties": {"l": {"type": "array", "items": {"type": "integer", "default": 7}}}}
        html = html_of(schema, {"l": [1]})

        reading = read_back(schema, {}, html, ("~add", f"{ROOT}/l"))

        assert reading.is_edit
        assert reading.value == {"l": [1, 7]}

    def test_a_page_offers_one_button_for_each_item_and_one_for_the_list(self):
        html = html_of(self.SCHEMA, {"hosts": [{"port": 1}, {"port": 2}]})

        assert html_form.parsed(html).buttons == [
            ("~remove", f"{ROOT}/hosts/0"),
            ("~remove", f"{ROOT}/hosts/1"),
            ("~add", f"{ROOT}/hosts"),
        ]

    def test_remove_takes_one_item_and_keeps_what_was_typed_into_the_others(self):
        html = html_of(self.SCHEMA, {"hosts": [{"port": 1}, {"port": 2}, {"port": 3}]})
        data = html_form.posts(html, ("~remove", f"{ROOT}/hosts/0"))
        data[f"{ROOT}/hosts/2/port"] = ["abc"]

        reading = posted.read(shape_of(self.SCHEMA), data, name=ROOT)

        assert reading.value == {"hosts": [{"port": 2}, {}]}
        assert reading.unreadable == {f"{ROOT}/hosts/1/port": "abc"}

    def test_a_new_item_left_empty_is_a_problem_of_that_item(self):
        schema = {"type": "object", "properties": {"l": {"type": "array", "items": {"type": "string"}}}}
        html = html_of(schema, {"l": [MISSING]})

        reading = read_back(schema, {}, html)

        assert list(reading.problems) == [f"{ROOT}/l/0"]


class TestMarkup:
    def test_errors_stand_beside_their_field_and_are_announced_with_it(self):
        schema = {"type": "object", "properties": {"city": {"type": "string", "description": "Where"}}}

        html = html_of(schema, {"city": "x"}, errors={f"{ROOT}/city": ["Too short."]})

        assert 'aria-describedby="parameters/city~description parameters/city~errors"' in html
        assert 'aria-invalid="true"' in html
        assert 'id="parameters/city~errors"' in html
        assert "Too short." in html

    def test_errors_below_a_field_of_json_text_stand_at_that_field(self):
        schema = {
            "type": "object",
            "properties": {"free": {"type": "object", "additionalProperties": {"type": "string"}}},
        }

        html = html_of(schema, {"free": {"a": 1}}, errors={f"{ROOT}/free/a": ["Must be text."]})

        assert 'id="parameters/free~errors"' in html

    def test_what_could_not_be_read_is_shown_again(self):
        schema = {"type": "object", "properties": {"n": {"type": "number"}}}

        html = html_of(schema, {}, unreadable={f"{ROOT}/n": "12,5"})

        assert 'value="12,5"' in html

    @pytest.mark.parametrize("place", ["title", "description", "default", "key", "enum", "placeholder", "help"])
    def test_hostile_text_of_sellers_stays_text(self, place):
        evil = '"><script>alert(1)</script>{{ 7|add:7 }}'
        schema = {"type": "string", "title": evil} if place == "title" else {"type": "string"}
        ui = {"ui:placeholder": evil} if place == "placeholder" else {"ui:help": evil} if place == "help" else {}
        if place in {"description", "default"}:
            schema[place] = evil
        if place == "enum":
            schema = {"enum": [evil, {"x": evil}]}
        key = evil if place == "key" else "x"

        html = html_of({"type": "object", "properties": {key: schema}}, {key: evil}, {key: ui})

        assert "<script" not in html
        assert "{{ 7|add:7 }}" in html or place == "key"

    def test_the_order_of_the_ui_schema_holds(self):
        schema = {"type": "object", "properties": {key: {"type": "string"} for key in "abcd"}}

        html = html_of(schema, {}, {"ui:order": ["d", "*", "a"]})

        shown = [control.name for control in html_form.parsed(html).controls if control.kind == "text"]
        assert shown == [f"{ROOT}/{key}" for key in "dbca"]

    @pytest.mark.parametrize(
        ("schema", "widget", "markup"),
        [
            ({"type": "string"}, "textarea", "<textarea"),
            ({"type": "string"}, "password", 'type="password"'),
            ({"type": "string", "enum": ["a"]}, "select", "<select"),
            ({"type": "string", "enum": ["a"]}, "radio", 'type="radio"'),
            ({"type": "boolean"}, "checkbox", 'type="checkbox"'),
            ({"type": "boolean"}, "radio", 'type="radio"'),
            ({"type": "integer", "minimum": 1, "maximum": 9, "default": 3}, "range", 'type="range"'),
            ({"type": "number"}, "", 'type="number"'),
            ({"type": "string"}, "no-such-widget", 'type="text"'),
        ],
    )
    def test_the_widget_that_was_asked_for_is_shown(self, schema, widget, markup):
        whole = {"type": "object", "properties": {"x": schema}}
        value = {"x": schema["default"]} if "default" in schema else {}

        assert markup in html_of(whole, value, {"x": {"ui:widget": widget}})
