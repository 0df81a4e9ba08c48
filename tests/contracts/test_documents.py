"""Our OpenAPI documents have every path, parameter and field that the published clients' descriptions name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ninja import NinjaAPI

from config.api_urls import customer_api, seller_api
from tests.contracts.reading import Words, compact

HERE = Path(__file__).parent
APIS = {"customer": (customer_api, "/v1"), "seller": (seller_api, "/v1/seller")}
_FILES = ("listing", "offering", "provider")
#: Not in our document: files as sellers write them are free JSON there, for many layouts of them are understood.
FREE = {
    # for the platform's own people, who have pages for it
    "customer": ("gateway_request",),
    "seller": tuple(f"{file}." for file in ("listing", "offering", "provider", "service_status"))
    + tuple(f"{data}.{file}_data." for data in ("data", "service_data") for file in _FILES),
}


def promised(name: str) -> dict[str, Words]:
    found: dict[str, Words] = json.loads((HERE / f"{name}.json").read_text())
    return found


def ours(name: str) -> dict[str, Words]:
    api, prefix = APIS[name]
    return compact(document(api), prefix=prefix)


def document(api: NinjaAPI) -> dict[str, Any]:
    return api.get_openapi_schema()


def lacking(name: str, wanted: Words, has: Words) -> list[str]:
    """Return what an endpoint of ours does not have."""
    found = [*_less(wanted["parameters"], has["parameters"]), *_less(wanted["body"], has["body"])]
    for status, fields in wanted["answers"].items():
        found += [status] if status not in has["answers"] else _less(fields, has["answers"][status])
    return [word for word in found if not word.startswith(FREE.get(name, ()) or "\0")]


def _less(wanted: list[str], has: list[str]) -> list[str]:
    return sorted(set(wanted) - set(has))


@pytest.mark.parametrize("name", APIS)
class TestOurDocument:
    def test_has_every_path(self, name):
        assert sorted(promised(name).keys() - ours(name).keys()) == []

    def test_has_every_parameter_field_and_success_of_them(self, name):
        document = ours(name)
        missing = {
            place: words
            for place, wanted in promised(name).items()
            if place in document and (words := lacking(name, wanted, document[place]))
        }

        assert missing == {}

    def test_says_openapi_3_1(self, name):
        assert document(APIS[name][0])["openapi"].startswith("3.1")


class TestTheComparison:
    """Else it would prove nothing."""

    def test_sees_a_missing_field_parameter_and_status(self):
        has: Words = {"parameters": ["query skip"], "body": ["name"], "answers": {"200": ["data[].id"]}}
        wanted: Words = {
            "parameters": ["query skip", "query limit"],
            "body": ["name", "value"],
            "answers": {"200": ["data[].id", "data[].name"], "201": []},
        }

        assert lacking("customer", wanted, has) == ["query limit", "value", "data[].name", "201"]

    def test_reads_fields_behind_references_lists_and_variants(self):
        schemas = {
            "Row": {"properties": {"id": {"type": "string"}}},
            "Page": {"properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}}}},
        }
        variants = {"anyOf": [{"$ref": "#/components/schemas/Page"}, {"type": "null"}]}
        answer = {"content": {"application/json": {"schema": variants}}}
        parameters = [{"in": "query", "name": "skip"}, {"in": "path", "name": "id"}]
        item = {"get": {"parameters": parameters, "responses": {"200": answer, "404": answer}}}

        assert compact({"paths": {"/v1/rows/{id}/": item}, "components": {"schemas": schemas}}, prefix="/v1") == {
            "GET /rows/{}": {
                "parameters": ["query skip"],
                "body": [],
                "answers": {"200": ["data", "data[].id"]},
            }
        }
