"""Who may only view changes nothing of their own team, at any address there is: pages, parts of pages, programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache

import pytest
from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.teams.models import Role, Team
from config.api_urls import customer_api, seller_api
from gateway_admin.api_keys import services as api_keys
from tests.architecture import addresses
from tests.architecture.fields import METHODS as WRITTEN_METHODS
from tests.architecture.fields import Schemas
from tests.architecture.people import taken_back, understood
from tests.architecture.test_isolation import Visitor, is_refused, undone
from tests.architecture.writes import written
from tests.factories.belongings import Belongings, belongings
from tests.factories.visitors import HTMX, visitor

pytestmark = pytest.mark.django_db
WRITES = ("POST", "PATCH", "DELETE", "PUT")
#: Not refused to whoever views: {(method, pattern): why}.
OPEN = {
    **{
        (method, route): "reads, whatever the method"
        for method in WRITES
        for route in ("healthz", "v1/openapi.json", "v1/seller/openapi.json")
    },
    ("POST", "onboarding"): "a cookie of the browser of whoever asks",
    ("POST", "resolve"): "only asks what a path would do",
    ("POST", "teams/leave"): "whoever has joined may leave",
    ("POST", "theme"): "the same",
    ("POST", "webhooks/stripe"): "is signed by the card processor, and refused with 400 without that",
    ("POST", "v1/seller/service-groups/preview"): "only asks who would join a group",
}
#: Written by whoever views, none of it their team's: {(pattern, table): why}.
THEIRS = {
    ("teams/leave", "teams_membership"): "their own membership",
}


def people(owner: Belongings, role: str) -> list[Visitor]:
    """Return a member of both teams with a role, in a browser and as a program."""
    teams = {"buyer": owner.buyer, "seller": owner.seller}
    browsers = [Visitor(f"{whose}'s {role}", visitor(team, role)) for whose, team in teams.items()]
    return browsers + [Visitor(f"{whose}'s {role} key", program(team, role)) for whose, team in teams.items()]


def program(team: Team, role: str) -> Client:
    _, text = api_keys.issue(team=team, role=role, name=role, by=None, now=timezone.now())
    return Client(headers={"Authorization": f"Bearer {text}"})


def of_objects() -> list[str]:
    return [route for route in addresses.routes() if addresses.arguments(route)]


def test_viewers_are_refused_every_change_and_make_none():
    owner = belongings()
    found = []

    for each in people(owner, Role.VIEWER):
        for method, route in writes(is_program="key" in each.who):
            with taken_back(), written() as tables:
                response = ask(each, method, route, addresses.filled(route, owner))
            if not is_refused(response) and (method, route) not in OPEN:
                found.append(f"{each.who}: {method} {route} -> {response.status_code}")
            found += [f"{each.who}: {method} {route} writes {name}" for name in tables if (route, name) not in THEIRS]

    assert found == [], "\n".join(found)


def writes(*, is_program: bool) -> Iterator[tuple[str, str]]:
    """Yield every method and address by which something could be changed, of the APIs or of the pages."""
    for route, methods in understood().items():
        is_other_spelling = is_program and route.endswith("/") and route[:-1] in understood()
        if route.startswith("v1/") == is_program and not is_other_spelling:
            yield from ((method, route) for method in methods if method in WRITES)


def ask(each: Visitor, method: str, route: str, address: str) -> HttpResponse:
    """Ask with a body that is right by the schema, or as htmx sends a form."""
    if not route.startswith("v1/"):
        return each.client.generic(method, address, "value=stolen&name=stolen", _FORM_TYPE, **HTMX)
    if route.startswith("v1/seller/upload"):
        return each.client.post(address, {"file": ContentFile(b"stolen", "a.txt")})
    body = json.dumps(examples().get((method, _ARGUMENT.sub(r"{\1}", route).strip("/")), {}))
    return each.client.generic(method, address, body, content_type="application/json")


_ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>")
_FORM_TYPE = "application/x-www-form-urlencoded"


@lru_cache(maxsize=1)
def examples() -> dict[tuple[str, str], object]:
    """Return a body for each endpoint: {(method, address as the document has it): it}."""
    found = {}
    for api in (customer_api, seller_api):
        document = api.get_openapi_schema()
        for address, item in document["paths"].items():
            pattern = address.strip("/")
            for method in WRITTEN_METHODS:
                content = item.get(method, {}).get("requestBody", {}).get("content", {})
                for each in content.values():
                    found[method.upper(), pattern] = Schemas(document).example(each["schema"])
    return found


def test_administrators_may_change_what_viewers_may_not():
    """Else a refusal would prove nothing: nobody might be let in."""
    owner = belongings()
    administrators = people(owner, Role.ADMIN)

    closed = [
        (method, route)
        for route in of_objects()
        if route.startswith("v1/")
        for method in ("PATCH", "DELETE")
        if all(undone(each, method, addresses.filled(route, owner)).status_code == 403 for each in administrators)
    ]

    assert closed == []
