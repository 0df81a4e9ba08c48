"""A list of the APIs asks as often for sixty rows as for three. The pages are measured in tests/pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.teams.models import Role
from common.caches import of_process
from config.api_urls import customer_api, seller_api
from gateway_admin.api_keys import services as api_keys
from tests.architecture import addresses
from tests.architecture.longer import ELSEWHERE, LISTS, SHORT
from tests.factories.accounts import owner_of
from tests.factories.belongings import Belongings, belongings

pytestmark = pytest.mark.django_db
FEW, MANY = range(1, 3), range(3, 60)


class Answer(NamedTuple):
    """What a list answered. rows: of its longest array."""

    rows: int
    queries: list[str]


class TestEveryList:
    def test_is_measured_or_said_to_be_short(self):
        assert sorted(set(lists()) ^ {*LISTS, *SHORT}) == []

    def test_costs_as_many_queries_for_sixty_rows_as_for_three(self):
        owner = _with_key_of_a_person(belongings())
        for write in LISTS.values():
            write(owner, FEW)
        few = {route: asked(route, owner) for route in LISTS}
        for write in LISTS.values():
            write(owner, MANY)
        many = {route: asked(route, owner) for route in LISTS}

        assert {route for route in LISTS if many[route].rows <= few[route].rows} == set(), "these grew no longer"
        grown = {
            route: f"{len(few[route].queries)} -> {len(many[route].queries)}: {_most(many[route].queries)}"
            for route in LISTS
            if len(many[route].queries) > len(few[route].queries)
        }
        assert grown == {}


def _with_key_of_a_person(owner: Belongings) -> Belongings:
    """Let the buyer ask with a key that can read personal files."""
    told = {"role": Role.OWNER, "name": "own", "by": owner_of(owner.buyer), "now": timezone.now()}
    return replace(owner, buyer_key_text=api_keys.issue(team=owner.buyer, **told)[1])


def asked(route: str, owner: Belongings) -> Answer:
    """Return how many rows a list has for the owner, and the queries that read them."""
    address = ELSEWHERE.get(route, "").format(owner=owner) or addresses.filled(route, owner)
    key = owner.seller_key_text if route.startswith("v1/seller/") else owner.buyer_key_text
    of_process.clear()
    with CaptureQueriesContext(connection) as captured:
        response = Client(headers={"Authorization": f"Bearer {key}"}).get(address)
    assert response.status_code == 200, f"{address}: {response.status_code} {response.content[:300]!r}"
    told = response.json()
    arrays = [told] if isinstance(told, list) else [each for each in told.values() if isinstance(each, list)]
    return Answer(max(map(len, arrays)), [each["sql"] for each in captured.captured_queries])


def _most(found: list[str]) -> str:
    """Return the query that was asked most often."""
    shapes = Counter(re.sub(r"'[^']*'|[0-9]+", "?", each) for each in found)
    return shapes.most_common(1)[0][0][:300]


def lists() -> Iterator[str]:
    """Yield the addresses of the APIs whose answers hold an array of things."""
    for api in (customer_api, seller_api):
        document = api.get_openapi_schema()
        for path, item in document["paths"].items():
            if "get" in item and _is_list(document, item["get"]):
                yield re.sub(r"\{(\w+)\}", r"<\1>", path.lstrip("/"))


def _is_list(document: dict[str, Any], operation: dict[str, Any]) -> bool:
    schema = operation["responses"].get("200", operation["responses"].get(200, {}))
    schema = schema.get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    arrays = [each for each in (schema, *schema.get("properties", {}).values()) if each.get("type") == "array"]
    return any("$ref" in each["items"] or each["items"].get("type") == "object" for each in arrays)
