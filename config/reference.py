"""The APIs' documents as pages: rendered here, from the same OpenAPI document that programs read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from ninja import NinjaAPI

from config.api_urls import customer_api, seller_api

Json = dict[str, Any]
_METHODS = ("get", "post", "put", "patch", "delete")
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter or a field. place: "query", "header", or how deep a field stands, as in "data[].id"."""

    name: str
    kind: str
    is_required: bool
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint as the page shows it. anchor: its name in the address of the page."""

    anchor: str
    method: str
    path: str
    title: str
    text: str
    is_old: bool
    parameters: list[Row]
    body: list[Row]
    answers: list[tuple[str, list[Row]]]
    curl: str


@require_safe
def customer_reference(request: HttpRequest) -> HttpResponse:
    """The customers' API."""
    return _page(request, customer_api, "/v1")


@require_safe
def seller_reference(request: HttpRequest) -> HttpResponse:
    """The sellers' API."""
    return _page(request, seller_api, "/v1/seller")


def _page(request: HttpRequest, api: NinjaAPI, root: str) -> HttpResponse:
    reader = _Reader(api.get_openapi_schema())
    groups: dict[str, list[Operation]] = {}
    for tag, operation in reader.operations():
        groups.setdefault(tag, []).append(operation)
    context = {"title": api.title, "root": root, "groups": sorted(groups.items()), "document": f"{root}/openapi.json"}
    return render(request, "reference.html", context)


class _Reader:
    """Reads one document."""

    def __init__(self, document: Json) -> None:
        self.document = document

    def operations(self) -> Iterator[tuple[str, Operation]]:
        for path, item in self.document["paths"].items():
            for method in _METHODS:
                if method in item:
                    tag = (item[method].get("tags") or ["other"])[0]
                    yield str(tag), self._operation(method, path, item[method])

    def _operation(self, method: str, path: str, found: Json) -> Operation:
        body = _schema(found.get("requestBody", {}))
        successes = {str(code): each for code, each in found["responses"].items() if str(code).startswith("2")}
        return Operation(
            anchor=f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
            method=method.upper(),
            path=path,
            title=found.get("summary", path),
            text=found.get("description", ""),
            is_old=bool(found.get("deprecated")),
            parameters=[self._parameter(each) for each in found.get("parameters", [])],
            body=list(self._fields(body)),
            answers=[(code, list(self._fields(_schema(each)))) for code, each in successes.items()],
            curl=self._curl(method, path, body),
        )

    def _parameter(self, found: Json) -> Row:
        kind = f"{found['in']}, {self._kind(found.get('schema', {}))}"
        return Row(found["name"], kind, bool(found.get("required")), found.get("description", ""))

    def _fields(self, schema: Json, before: str = "", depth: int = 0) -> Iterator[Row]:
        schema = self._plain(schema)
        if schema.get("type") == "array":
            yield from self._fields(schema.get("items", {}), f"{before}[]", depth)
            return
        required = set(schema.get("required", ()))
        for name, field in schema.get("properties", {}).items():
            path = f"{before}.{name}" if before else name
            yield Row(path, self._kind(field), name in required, field.get("description", ""))
            if depth < _DEPTH:
                yield from self._fields(field, path, depth + 1)

    def _plain(self, schema: Json) -> Json:
        """Return a schema without references, and of what may be null that which is not."""
        while True:
            if "$ref" in schema:
                schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            elif variants := [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]:
                schema = variants[-1]
            elif len(schema.get("allOf", ())) == 1:
                schema = schema["allOf"][0]
            else:
                return schema

    def _kind(self, schema: Json) -> str:
        """Return the type of a value in words: "string (uuid) or null"."""
        if variants := schema.get("anyOf"):
            return " or ".join(dict.fromkeys(self._kind(each) for each in variants))
        schema = self._plain(schema)
        if "enum" in schema or "const" in schema:
            return " | ".join(str(each) for each in schema.get("enum", [schema.get("const")]))
        kind = str(schema.get("type", "anything"))
        if kind == "array":
            return f"list of {self._kind(schema.get('items', {}))}"
        return f"{kind} ({schema['format']})" if "format" in schema else kind

    def _curl(self, method: str, path: str, body: Json) -> str:
        lines = [f"curl -X {method.upper()} '{settings.SITE_URL}{path}'", "-H 'Authorization: Bearer svcpass_…'"]
        if body:
            example = json.dumps(self._example(body))
            lines += ["-H 'Content-Type: application/json'", f"-d '{example}'"]
        return " \\\n  ".join(lines)

    def _example(self, schema: Json) -> Any:
        """Return a value with what is required of it."""
        schema = self._plain(schema)
        if "default" in schema or "enum" in schema:
            return schema.get("default", schema.get("enum", [None])[0])
        if schema.get("type") == "array":
            return [self._example(schema.get("items", {}))]
        wanted = schema.get("required", ())
        if schema.get("type") == "object" or wanted:
            return {
                name: self._example(field) for name, field in schema.get("properties", {}).items() if name in wanted
            }
        return {"integer": 1, "number": 1, "boolean": True}.get(str(schema.get("type")), "…")


def _schema(holder: Json) -> Json:
    """Return the schema of a body or an answer; an empty one when there is none."""
    media: Json = next(iter(holder.get("content", {}).values()), {})
    schema: Json = media.get("schema", {})
    return schema
