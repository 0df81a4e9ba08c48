"""What is wrong with a value, in sentences for the person who fills in the form, each at its place."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from jsonschema import ValidationError

Path: TypeAlias = tuple[str | int, ...]
_LONGEST_SHOWN = 120

_SENTENCES = {
    "minimum": "Must be {limit} or more.",
    "maximum": "Must be {limit} or less.",
    "exclusiveMinimum": "Must be more than {limit}.",
    "exclusiveMaximum": "Must be less than {limit}.",
    "multipleOf": "Must be a multiple of {limit}.",
    "minLength": "Must have at least {limit} characters.",
    "maxLength": "Must have at most {limit} characters.",
    "pattern": "Must match the pattern {limit}",
    "format": "Is not a valid {limit}.",
    "minItems": "Must have at least {limit} items.",
    "maxItems": "Must have at most {limit} items.",
    "uniqueItems": "Must not have the same item twice.",
    "minProperties": "Must have at least {limit} values.",
    "maxProperties": "Must have at most {limit} values.",
    "const": "Must be {limit}.",
    "not": "This value is not allowed.",
    "contains": "No item is of the kind that must be among them.",
}
_TYPES = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "yes or no",
    "object": "a group of values",
    "array": "a list",
    "null": "nothing",
}


def explain(errors: Iterable[ValidationError]) -> dict[Path, list[str]]:
    """Return sentences by the path that they are about; what is missing is named at its own place."""
    found: dict[Path, list[str]] = {}
    for error in errors:
        for path, sentence in _explained(error):
            if sentence not in found.setdefault(path, []):
                found[path].append(sentence)
    return found


def unstorable(value: object, path: Path = ()) -> dict[Path, list[str]]:
    """Return sentences for what a database cannot keep: NUL, halves of surrogate pairs, numbers without end."""
    found: dict[Path, list[str]] = {}
    if isinstance(value, str) and not _is_storable(value):
        found[path] = ["Contains a character that cannot be stored. Remove it."]
    elif isinstance(value, float) and not math.isfinite(value):
        found[path] = ["Must be a finite number."]
    elif isinstance(value, dict):
        for key, item in value.items():
            if not _is_storable(key):
                found[path] = ["A name in it contains a character that cannot be stored. Remove it."]
            found.update(unstorable(item, (*path, key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found.update(unstorable(item, (*path, index)))
    return found


def _is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _explained(error: ValidationError) -> Iterator[tuple[Path, str]]:
    path: Path = tuple(error.absolute_path)
    limit: Any = error.validator_value
    instance: Any = error.instance
    match error.validator:
        case "required":
            yield from ((_child(path, name), "This is required.") for name in limit if name not in instance)
        case "type":
            types = limit if isinstance(limit, list) else [limit]
            yield path, f"Must be {' or '.join(_TYPES.get(each, 'of another kind') for each in types)}."
        case "enum":
            yield path, "Choose one of the values that are offered."
        case "additionalProperties" | "unevaluatedProperties":
            yield path, "Has a value with a name that is not known here."
        case "dependentRequired":
            needed = [name for key, names in limit.items() if key in instance for name in names]
            yield from ((_child(path, name), "This is required too.") for name in needed if name not in instance)
        case _:
            sentence = _SENTENCES.get(str(error.validator), "Does not fit what the service asks for.")
            yield path, sentence.format(limit=str(limit)[:_LONGEST_SHOWN])


def _child(path: Path, name: object) -> Path:
    return (*path, str(name))
