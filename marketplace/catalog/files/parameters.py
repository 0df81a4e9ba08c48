"""Parameters that a customer gives at enrollment: JSON Schema made safe, values checked against it.

A schema comes from a seller and values from a customer: nothing outside the schema is ever fetched, every pattern runs
on RE2 in linear time, and schemas that unfold without end are refused.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import re2
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry

from marketplace.catalog.files.problems import Findings, JsonObject, shown

MAX_SCHEMA_BYTES = 65_536
MAX_DEPTH = 12
#: Objects and lists in a schema.
MAX_NODES = 500
MAX_PATTERN_CHARACTERS = 500
MAX_VALUES_BYTES = 65_536
_MAX_UNFOLDED = 5_000
_MAX_PROBLEMS = 50
_MESSAGE_CHARACTERS = 200
_NOT_OFFERED = ("$dynamicRef", "$recursiveRef", "$id", "patternProperties", "unevaluatedProperties", "unevaluatedItems")
#: Keywords whose value is a schema or a list of schemas, and those whose value maps names to schemas.
_SCHEMAS = frozenset(
    {"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "items", "prefixItems", "additionalItems", "contains"}
    | {"additionalProperties", "propertyNames"}
)
_SCHEMA_MAPS = frozenset({"properties", "$defs", "definitions", "dependentSchemas"})
_REFERENCE = re.compile(r"#/(?:\$defs|definitions|properties)/[^/]{1,100}\Z")

_RE2_OPTIONS = re2.Options()
_RE2_OPTIONS.log_errors = False
_RE2_OPTIONS.max_mem = 1 << 20


# -- the schema --------------------------------------------------------------------------------------------------------


def check_schema(schema: object, found: Findings) -> bool:
    """Check that a seller's schema is a JSON Schema of an object and safe to use; return whether it is."""
    if not isinstance(schema, dict):
        found.error(f"must be an object (got {shown(schema)})", type="type_error")
        return False
    before = len(found.problems)
    if schema.get("type") != "object":
        found.at("type").error(f"must be 'object' (got {shown(schema.get('type'))})", type="json_schema")
    _check_size(schema, found)
    if len(found.problems) == before:
        _check_keywords(schema, found)
    if len(found.problems) == before:
        _check_meaning(schema, found)
    return len(found.problems) == before


def _check_size(schema: JsonObject, found: Findings) -> None:
    if len(json.dumps(schema)) > MAX_SCHEMA_BYTES:
        found.error(f"at most {MAX_SCHEMA_BYTES // 1024} KiB", type="too_long")
    depths = [depth for _, _, depth in _containers(schema)]
    if max(depths) > MAX_DEPTH:
        found.error(f"nested deeper than {MAX_DEPTH} levels", type="too_deep")
    if len(depths) > MAX_NODES:
        found.error(f"at most {MAX_NODES} objects and lists (got {len(depths)})", type="too_long")


def _containers(value: object) -> Iterator[tuple[tuple[str | int, ...], Any, int]]:
    """Walk through objects and lists, without recursion: (path, container, depth from 1)."""
    waiting: list[tuple[tuple[str | int, ...], object, int]] = [((), value, 1)]
    while waiting:
        path, container, depth = waiting.pop()
        yield path, container, depth
        items = container.items() if isinstance(container, dict) else enumerate(container)  # type: ignore[arg-type]
        waiting += [((*path, key), item, depth + 1) for key, item in items if isinstance(item, dict | list)]


def _check_keywords(schema: JsonObject, found: Findings) -> None:
    for path, node in _schemas(schema):
        here = found.at(*path)
        for keyword in _NOT_OFFERED:
            if keyword in node:
                here.at(keyword).error(f"{keyword} is not offered", "Name every property", type="json_schema")
        if "$ref" in node:
            _check_reference(node["$ref"], here.at("$ref"))
        if "pattern" in node:
            _check_pattern(node["pattern"], here.at("pattern"))


def _schemas(schema: JsonObject) -> Iterator[tuple[tuple[str | int, ...], JsonObject]]:
    """Walk through everything that is used as a schema: references reach nothing else (`_check_reference`)."""
    waiting: list[tuple[tuple[str | int, ...], object]] = [((), schema)]
    while waiting:
        path, node = waiting.pop(0)
        if not isinstance(node, dict):
            continue
        yield path, node
        for keyword, value in node.items():
            if keyword in _SCHEMA_MAPS and isinstance(value, dict):
                waiting += [((*path, keyword, name), item) for name, item in value.items()]
            elif keyword in _SCHEMAS and isinstance(value, list):
                waiting += [((*path, keyword, index), item) for index, item in enumerate(value)]
            elif keyword in _SCHEMAS:
                waiting.append(((*path, keyword), value))


def _check_reference(reference: object, found: Findings) -> None:
    if not isinstance(reference, str) or not _REFERENCE.match(reference):
        fix = "Move what it refers to under $defs and write #/$defs/NAME"
        found.error(f"only references inside the schema are allowed (got {shown(reference)})", fix, type="json_schema")


def _check_pattern(pattern: object, found: Findings) -> None:
    if not isinstance(pattern, str):
        found.error(f"must be text (got {shown(pattern)})", type="type_error")
    elif len(pattern) > MAX_PATTERN_CHARACTERS:
        found.error(f"at most {MAX_PATTERN_CHARACTERS} characters (got {len(pattern)})", type="string_too_long")
    else:
        try:
            re2.compile(pattern, _RE2_OPTIONS)
        except re2.error as error:
            found.error(
                f"not a pattern that RE2 reads: {_decoded(error)} (got {shown(pattern)})",
                "RE2 has no look-around and no back references",
                type="json_schema",
            )


def _decoded(error: Exception) -> str:
    detail = error.args[0] if error.args else ""
    return detail.decode(errors="replace") if isinstance(detail, bytes) else str(detail)


def _check_meaning(schema: JsonObject, found: Findings) -> None:
    try:
        # without formats: the check of `regex` would compile patterns with the backtracking engine
        Draft202012Validator.check_schema(schema, format_checker=FormatChecker(formats=()))
    except SchemaError as error:
        found.at(*error.path).error(f"not valid JSON Schema: {_shortened(error.message)}", type="json_schema")
        return
    try:
        _check_unfolding(schema)
    except _Endless as error:
        found.error(str(error), type="json_schema")


class _Endless(Exception):
    """A schema that refers to itself, to nothing, or unfolds to too much."""


def _check_unfolding(schema: JsonObject) -> None:
    sizes: dict[int, int] = {}
    resolving: set[int] = set()
    used_as_schema = {id(node) for _, node in _schemas(schema)}

    def size(node: object) -> int:
        if not isinstance(node, dict | list):
            return 1
        if id(node) in resolving:
            raise _Endless("the schema refers to itself; recursive schemas are not offered")
        if id(node) not in sizes:
            resolving.add(id(node))
            children = list(node.values()) if isinstance(node, dict) else list(node)
            if isinstance(node, dict) and id(node) in used_as_schema and "$ref" in node:
                children.append(_target(schema, node["$ref"]))
            sizes[id(node)] = 1 + sum(size(child) for child in children)
            resolving.discard(id(node))
        if sizes[id(node)] > _MAX_UNFOLDED:
            raise _Endless("the schema's references unfold to too much; write it without repeating them")
        return sizes[id(node)]

    size(schema)


def _target(schema: JsonObject, reference: str) -> object:
    node: object = schema
    for piece in reference.removeprefix("#/").split("/"):
        key = piece.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict) and key in node:
            node = node[key]
        elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
            node = node[int(key)]
        else:
            raise _Endless(f"'{reference[:80]}' refers to nothing in the schema")
    return node


# -- values ------------------------------------------------------------------------------------------------------------


def _re2_pattern(
    _validator: object, pattern: str, instance: object, _schema: object
) -> Iterator[ValidationError]:  # fmt: skip
    if not isinstance(instance, str):
        return
    if not re2.search(pattern, instance, options=_RE2_OPTIONS):
        yield ValidationError(f"does not match the pattern {pattern[:100]}")


_Validator = extend(Draft202012Validator, {"pattern": _re2_pattern})


def validate_parameters(schema: Mapping[str, Any], values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is wrong with the values, as (dotted path, sentence); the path is "" for the whole.

    schema: one that `check_schema` passed.
    """
    if problem := _too_much(values):
        return [("", problem)]
    return sorted({problem for error in parameter_errors(schema, values) for problem in _told(error)})


def parameter_errors(schema: Mapping[str, Any], values: Mapping[str, Any]) -> list[ValidationError]:
    """Return the first errors of the values as jsonschema tells them, for a form that shows each at its field."""
    return list(islice(_Validator(schema, registry=Registry()).iter_errors(values), _MAX_PROBLEMS))


def _too_much(values: Mapping[str, Any]) -> str:
    if any(depth > MAX_DEPTH for _, _, depth in _containers(values)):
        return "The values are nested too deep."
    try:
        size = len(json.dumps(values, allow_nan=False))
    except (TypeError, ValueError):
        return "The values must be texts, numbers, true, false, lists or objects."
    return f"The values are longer than {MAX_VALUES_BYTES // 1024} KiB." if size > MAX_VALUES_BYTES else ""


def _told(error: ValidationError) -> list[tuple[str, str]]:
    path = ".".join(str(key) for key in error.absolute_path)
    required = error.validator_value
    if error.validator == "required" and isinstance(error.instance, dict) and isinstance(required, list):
        missing = [name for name in required if name not in error.instance]
        return [(f"{path}.{name}" if path else str(name), "This field is required.") for name in missing]
    return [(path, _shortened(error.message))]


def _shortened(message: str) -> str:
    return message if len(message) <= _MESSAGE_CHARACTERS else message[:_MESSAGE_CHARACTERS] + "…"


def with_defaults(schema: Mapping[str, Any], values: Mapping[str, Any]) -> JsonObject:
    """Return the values, with the schema's default where the customer gave none. Objects are filled inside too."""
    filled = copy.deepcopy(dict(values))
    for name, property_schema in _properties(schema).items():
        if not isinstance(property_schema, dict):
            continue
        if name not in filled and "default" in property_schema:
            filled[name] = copy.deepcopy(property_schema["default"])
        elif isinstance(filled.get(name), dict) and property_schema.get("type") == "object":
            filled[name] = with_defaults(property_schema, filled[name])
    return filled


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def property_names(schema: object) -> frozenset[str]:
    """Return the names of the parameters that a schema declares."""
    return frozenset(_properties(schema)) if isinstance(schema, dict) else frozenset()


def required_names(schema: object) -> tuple[str, ...]:
    """Return the names of the parameters that a schema requires, in its order."""
    required = schema.get("required") if isinstance(schema, dict) else None
    return tuple(dict.fromkeys(n for n in required if isinstance(n, str))) if isinstance(required, list) else ()


def required_without_value(schema: JsonObject, testing_values: Mapping[str, Any]) -> list[str]:
    """Return the required parameters that have neither a testing value nor a default."""
    properties = _properties(schema)
    return [
        name
        for name in required_names(schema)
        if name not in testing_values and "default" not in _as_object(properties.get(name))
    ]


def _as_object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def merged(schemas: Sequence[JsonObject]) -> JsonObject | None:
    """Return one schema that asks for the parameters of all of them; the first of a name wins. None for none."""
    if not schemas:
        return None
    properties: JsonObject = {}
    for schema in reversed(schemas):
        properties |= _properties(schema)
    required = list(dict.fromkeys(name for schema in schemas for name in required_names(schema)))
    return {"type": "object", "properties": properties, "required": required} if len(schemas) > 1 else schemas[0]
