"""An OpenAPI document, boiled down to the names in it: {"GET /aliases/": {"parameters", "body", "answers"}}."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypedDict

_METHODS = ("get", "post", "put", "patch", "delete")
_IN = {"query", "header"}
_DEPTH = 8
Json = dict[str, Any]


class Words(TypedDict):
    """What one endpoint understands and says. Fields below fields are written "data[].id"."""

    parameters: list[str]
    body: list[str]
    answers: dict[str, list[str]]


def compact(document: Json, *, prefix: str = "") -> dict[str, Words]:
    """Return what a document promises, by method and path. prefix: what its paths begin with and ours shall not.

    Names of path arguments are left out, and so is the last slash: "GET /aliases/{}".
    """
    reader = _Reader(document)
    found = {}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                place = re.sub(r"\{[^}]*\}", "{}", path.removeprefix(prefix)).rstrip("/")
                found[f"{method.upper()} {place}"] = reader.words(item[method], item.get("parameters", []))
    return dict(sorted(found.items()))


class _Reader:
    def __init__(self, document: Json) -> None:
        self.document = document

    def words(self, operation: Json, shared: list[Json]) -> Words:
        parameters = [self._resolved(each) for each in (*shared, *operation.get("parameters", []))]
        return {
            "parameters": sorted({f"{each['in']} {each['name'].lower()}" for each in parameters if each["in"] in _IN}),
            "body": self._content(self._resolved(operation.get("requestBody", {}))),
            "answers": {
                str(status): self._content(self._resolved(answer))
                for status, answer in operation["responses"].items()
                if str(status).startswith("2")
            },
        }

    def _content(self, holder: Json) -> list[str]:
        found: set[str] = set()
        for media in holder.get("content", {}).values():
            found |= set(self._fields(media.get("schema", {}), "", 0))
        return sorted(found)

    def _fields(self, schema: Json, before: str, depth: int) -> Iterator[str]:
        """Yield the names of all fields below a schema, whichever of its variants has them."""
        schema = self._resolved(schema)
        if depth > _DEPTH:
            return
        for variant in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
            yield from self._fields(variant, before, depth + 1)
        if "items" in schema:
            yield from self._fields(schema["items"], f"{before}[]", depth + 1)
        for name, field in schema.get("properties", {}).items():
            path = f"{before}.{name}" if before else name
            yield path
            yield from self._fields(field, path, depth + 1)

    def _resolved(self, holder: Json) -> Json:
        while "$ref" in holder:
            found: Any = self.document
            for part in holder["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            holder = found
        return holder
