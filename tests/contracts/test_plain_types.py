"""Where a document says number or truth value, its API takes no text or number instead, in any field of any body."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.test import Client

from config.api_urls import customer_api, seller_api
from tests.contracts.asking import Asker
from tests.factories.belongings import belongings

pytestmark = pytest.mark.django_db
JSON = "application/json"
#: What is no value of a type, although Python takes it for one.
NOT_OF = {"integer": ("5", True), "boolean": (1, "true")}


class Field(NamedTuple):
    """A field of a body. place: what leads to it, "[]" for the first of a list."""

    method: str
    path: str
    place: tuple[str, ...]
    type: str

    def holding(self, value: object) -> Any:
        """Return a body that has nothing but this field."""
        for name in reversed(self.place):
            value = [value] if name == "[]" else {name: value}
        return value


def fields(document: Any) -> Iterator[Field]:
    """Yield the numbers and truth values of all bodies."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {})
            if JSON in content:
                for place, kind in _inside(content[JSON]["schema"], document["components"]["schemas"]):
                    yield Field(method.upper(), path, place, kind)


def _inside(schema: Any, named: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    schema = named[schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema
    for each in (option for key in ("anyOf", "allOf", "oneOf") for option in schema.get(key, ())):
        yield from _inside(each, named, place)
    if schema.get("type") in NOT_OF:
        yield place, schema["type"]
    for name, each in schema.get("properties", {}).items():
        yield from _inside(each, named, (*place, name))
    if "items" in schema:
        yield from _inside(schema["items"], named, (*place, "[]"))


@pytest.mark.parametrize(("root", "whose"), [("/v1", "buyer"), ("/v1/seller", "seller")])
def test_every_number_and_truth_value_of_a_body_is_taken_as_the_document_says(root, whose):
    owner = belongings()
    asker = Asker(root, getattr(owner, f"{whose}_key_text"), owner)
    client = Client(headers=asker.headers)
    taken, seen = [], 0
    for field in fields((customer_api if root == "/v1" else seller_api).get_openapi_schema()):
        address = field.path.format_map(asker.known(field.path))
        for value in NOT_OF[field.type]:
            answer = client.generic(field.method, address, json.dumps(field.holding(value)), content_type=JSON)
            loc = [item["loc"] for item in answer.json()["detail"]] if answer.status_code == 422 else []
            seen += 1
            if not any(field.place[-1] in each for each in loc):
                taken.append((field.method, field.path, ".".join(field.place), value, answer.status_code))

    assert seen > 15
    assert taken == []
