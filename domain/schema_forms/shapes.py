"""What a schema and its ui schema ask for at one place: the kind of control, its words, its choices.

Schemas come from sellers. References outside the schema are not followed; a shape that no control can show, or that
stands too deep, becomes a field for JSON text. Nothing here fails on an odd schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from domain.schema_forms.values import MISSING, Draft, is_same, to_json

Schema: TypeAlias = Mapping[str, Any]

_DEEPEST = 6
_MOST_OPTIONS = 200
_LONGEST_TEXT = 2_000
_MOST_REFERENCES = 8


class Kind(StrEnum):
    """The control that shows a value."""

    TEXT = "text"
    TEXTAREA = "textarea"
    PASSWORD = "password"  # noqa: S105  the name of a control
    DATE = "date"
    NUMBER = "number"
    RANGE = "range"
    SELECT = "select"
    RADIO = "radio"
    CHECKBOX = "checkbox"
    CHECKBOXES = "checkboxes"
    OBJECT = "object"
    ARRAY = "array"
    JSON = "json"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Option:
    """One of several values to choose from. text: the value as JSON, what the control posts."""

    value: Draft
    label: str

    @property
    def text(self) -> str:
        return to_json(self.value)


@dataclass(frozen=True, slots=True)
class Shape:
    """One place of a schema. key: its name in the object around it, or "" for an item or the root."""

    key: str
    schema: Schema
    ui: Schema
    root: Schema
    depth: int
    is_required: bool
    kind: Kind
    options: tuple[Option, ...] = field(default=())
    is_nullable: bool = False
    is_disabled: bool = False

    @property
    def title(self) -> str:
        given = _text(_ui(self.ui, "title")) or _text(self.schema.get("title"))
        return given or self.key.replace("_", " ").strip().capitalize() or "Value"

    @property
    def description(self) -> str:
        return _text(_ui(self.ui, "description")) or _text(self.schema.get("description"))

    @property
    def help(self) -> str:
        return _text(_ui(self.ui, "help"))

    @property
    def placeholder(self) -> str:
        return _text(_ui(self.ui, "placeholder"))

    @property
    def default(self) -> Draft:
        found: Draft = self.schema.get("default", MISSING)
        return found

    @property
    def rows(self) -> int:
        wanted = _ui(self.ui, "rows")
        return wanted if isinstance(wanted, int) and 1 <= wanted <= 40 else 4

    @property
    def minimum(self) -> int | float | None:
        return _limit(self.schema, "minimum", "exclusiveMinimum")

    @property
    def maximum(self) -> int | float | None:
        return _limit(self.schema, "maximum", "exclusiveMaximum")

    @property
    def is_integer(self) -> bool:
        return "integer" in _types(self.schema)

    @property
    def least_items(self) -> int:
        wanted = self.schema.get("minItems")
        return wanted if isinstance(wanted, int) and 0 < wanted <= 20 else 0

    @property
    def takes_others(self) -> bool:
        """Return whether the schema speaks of properties beyond those it names."""
        return bool(self.schema.get("additionalProperties") or self.schema.get("patternProperties"))

    def properties(self) -> tuple[Shape, ...]:
        """Return the shapes of an object's properties in the order that the ui schema asks for."""
        schemas = self.schema.get("properties")
        if not isinstance(schemas, Mapping):
            return ()
        names = _names(self.schema.get("required"))
        return tuple(
            _shape(key, schemas[key], _below(self.ui, key), self.root, self.depth + 1, key in names)
            for key in _ordered(list(schemas), names, _ui(self.ui, "order"))
        )

    def item(self) -> Shape:
        """Return the shape of an array's items."""
        return _shape("", self.schema.get("items"), _below(self.ui, "items"), self.root, self.depth + 1, True)


def shape_of(schema: Schema, ui: Schema | None = None) -> Shape:
    """Return the shape of the whole form."""
    return _shape("", schema, ui or {}, schema, 0, True)


def _shape(key: str, schema: object, ui: Schema, root: Schema, depth: int, is_required: bool) -> Shape:
    resolved, is_nullable = _without_null(_resolved(schema, root))
    options = _options(resolved, ui, root, is_nullable=is_nullable)
    kind = _kind(resolved, ui, root, options)
    if depth > _DEEPEST and kind in {Kind.OBJECT, Kind.ARRAY, Kind.CHECKBOXES}:
        kind = Kind.JSON
    if kind is Kind.CHECKBOXES:
        options = _item_options(resolved, ui, root)
    is_disabled = bool(_ui(ui, "disabled") or _ui(ui, "readonly") or resolved.get("readOnly") is True)
    return Shape(key, resolved, ui, root, depth, is_required, kind, options, is_nullable, is_disabled)


# -- the schema ------------------------------------------------------------------------------------------------------


def _resolved(schema: object, root: Schema) -> Schema:
    """Return the schema with its references inside itself followed. What cannot be followed allows anything."""
    for _ in range(_MOST_REFERENCES):
        if not isinstance(schema, Mapping):
            return {}
        inner = schema.get("allOf")
        if "$ref" in schema:
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            target = _pointed_at(schema["$ref"], root)
            schema = {**target, **rest} if isinstance(target, Mapping) else rest
        elif isinstance(inner, list) and len(inner) == 1 and isinstance(inner[0], Mapping):
            schema = {**inner[0], **{key: value for key, value in schema.items() if key != "allOf"}}
        else:
            return schema
    return {}


def _pointed_at(reference: object, root: Schema) -> object:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    found: object = root
    for segment in reference[1:].split("/")[1:]:
        key = segment.replace("~1", "/").replace("~0", "~")
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _without_null(schema: Schema) -> tuple[Schema, bool]:
    """Return the schema of the values that are not null, and whether null is allowed too."""
    types = schema.get("type")
    if isinstance(types, list) and len(types) == 2 and "null" in types:
        return {**schema, "type": next((each for each in types if each != "null"), "null")}, True
    either = schema.get("anyOf")
    if isinstance(either, list) and len(either) == 2:
        others = [each for each in either if not (isinstance(each, Mapping) and each.get("type") == "null")]
        if len(others) == 1 and isinstance(others[0], Mapping) and "$ref" not in others[0]:
            return {**others[0], **{key: value for key, value in schema.items() if key != "anyOf"}}, True
    return schema, False


def _types(schema: Schema) -> frozenset[str]:
    types = schema.get("type")
    if isinstance(types, str):
        return frozenset({types})
    return frozenset(each for each in types if isinstance(each, str)) if isinstance(types, list) else frozenset()


def _only_type(schema: Schema) -> str:
    types = _types(schema)
    if len(types) == 1:
        return next(iter(types))
    return "object" if not types and isinstance(schema.get("properties"), Mapping) else ""


def _limit(schema: Schema, *names: str) -> int | float | None:
    for name in names:
        value = schema.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
    return None


# -- the control -----------------------------------------------------------------------------------------------------

_STRING_WIDGETS = {"textarea": Kind.TEXTAREA, "password": Kind.PASSWORD, "date": Kind.DATE}
_NUMBER_WIDGETS = {"range": Kind.RANGE}


def _kind(schema: Schema, ui: Schema, root: Schema, options: tuple[Option, ...]) -> Kind:
    widget = _ui(ui, "widget")
    widget = widget if isinstance(widget, str) else ""
    if widget == "hidden":
        return Kind.HIDDEN
    if options:
        return Kind.RADIO if widget == "radio" else Kind.SELECT
    match _only_type(schema):
        case "string":
            return _STRING_WIDGETS.get(widget) or (Kind.DATE if schema.get("format") == "date" else Kind.TEXT)
        case "integer" | "number":
            return _NUMBER_WIDGETS.get(widget, Kind.NUMBER)
        case "boolean":
            return Kind.CHECKBOX
        case "object" if isinstance(schema.get("properties"), Mapping) or schema.get("additionalProperties") is False:
            return Kind.OBJECT
        case "array" if isinstance(schema.get("items"), Mapping) and "prefixItems" not in schema:
            wants_boxes = widget == "checkboxes" or (not widget and schema.get("uniqueItems") is True)
            return Kind.CHECKBOXES if wants_boxes and _item_options(schema, ui, root) else Kind.ARRAY
    return Kind.JSON


def _options(schema: Schema, ui: Schema, root: Schema, *, is_nullable: bool) -> tuple[Option, ...]:
    found = _enumerated(schema, ui) or _titled(schema, root)
    widget = _ui(ui, "widget")
    if not found and _only_type(schema) == "boolean" and (is_nullable or widget in {"select", "radio"}):
        found = (Option(True, "Yes"), Option(False, "No"))
    if found and is_nullable and not any(option.value is None for option in found):
        found = (*found, Option(None, "None"))
    return found if len(found) <= _MOST_OPTIONS else ()


def _enumerated(schema: Schema, ui: Schema) -> tuple[Option, ...]:
    values = schema.get("enum")
    if "const" in schema:
        values = [schema["const"]]
    if not isinstance(values, list):
        return ()
    names = _ui(ui, "enumNames") or schema.get("enumNames")
    labels = names if isinstance(names, list) else []
    return tuple(
        Option(value, (_text(labels[index]) if index < len(labels) else "") or shown(value))
        for index, value in enumerate(values)
        if not any(is_same(value, earlier) for earlier in values[:index])
    )


def _titled(schema: Schema, root: Schema) -> tuple[Option, ...]:
    """Return the choices of `oneOf: [{const, title}]`, the standard way to name the values of an enumeration."""
    either = schema.get("oneOf") or schema.get("anyOf")
    if not isinstance(either, list):
        return ()
    branches = [_resolved(each, root) for each in either[: _MOST_OPTIONS + 1]]
    if not all("const" in branch for branch in branches):
        return ()
    return tuple(Option(each["const"], _text(each.get("title")) or shown(each["const"])) for each in branches)


def _item_options(schema: Schema, ui: Schema, root: Schema) -> tuple[Option, ...]:
    return _options(_resolved(schema.get("items"), root), _below(ui, "items"), root, is_nullable=False)


def shown(value: Draft) -> str:
    """Return a value as people read it."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if value is None:
        return "None"
    return (value or "(empty)") if isinstance(value, str) else to_json(value)


# -- the ui schema ---------------------------------------------------------------------------------------------------


def _ui(ui: Schema, name: str) -> object:
    """Return what the ui schema says: `ui:name`, or `name` below `ui:options`."""
    options = ui.get("ui:options")
    inner = options.get(name) if isinstance(options, Mapping) else None
    return ui.get(f"ui:{name}", inner)


def _below(ui: Schema, key: str) -> Schema:
    inner = ui.get(key)
    return inner if isinstance(inner, Mapping) else {}


def _ordered(keys: list[str], required: list[str], order: object) -> list[str]:
    """Return `keys` as `ui:order` names them; "*" stands for the rest, which else comes last.

    Without an order what is required comes first, as `required` lists it: databases lose the order of properties.
    """
    wanted = _names(order) or [*required, "*"]
    named = [key for key in dict.fromkeys(wanted) if key in keys or key == "*"]
    rest = [key for key in keys if key not in named or key == "*"]
    at = named.index("*") if "*" in named else len(named)
    return [*named[:at], *rest, *named[at + 1 :]]


def _names(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""
