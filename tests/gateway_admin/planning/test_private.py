"""What `resolve` says of a service that is private: to those who cannot call it, what it says of a path of nobody."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from accounts.teams.models import Role, Team
from gateway_admin.api_keys import services as api_keys
from gateway_admin.publishing import queries as publishing
from marketplace.catalog import services as catalog
from marketplace.catalog.models import Service
from marketplace.catalog.services.groups import GroupContent
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON, funded_wallet
from tests.factories.marketplace import make_service

pytestmark = pytest.mark.django_db
MODELS = ("small", "large")


def shared(visibility: str) -> Service:
    """Sell a service that answers for two models at the path "shared"."""
    interface = {"access_method": "http", "base_url": "${API_GATEWAY_BASE_URL}/shared"}
    interfaces = {model: {**interface, "routing_key": {"model": model}} for model in MODELS}
    options = {"default_visibility": visibility}
    return make_service(listing={"user_access_interfaces": interfaces, "service_options": options})


def asked(team: Team, path: str, key: dict[str, str] | None) -> tuple[int, str]:
    _, word = api_keys.issue(team=team, role=Role.OWNER, name="program", by=None, now=NOON)
    body = json.dumps({"path": path, "routing_key": key})
    sent = Client().post(
        "/v1/resolve", body, content_type="application/json", headers={"Authorization": f"Bearer {word}"}
    )
    told = sent.json()
    return sent.status_code, json.dumps({name: told[name] for name in told if name != "request_id"})


@pytest.fixture
def buyer(db: None) -> Team:
    return funded_wallet("10", team=TeamFactory()).team


@pytest.mark.parametrize("key", [None, {"model": "small"}, {"model": "none of them"}])
def test_a_private_path_is_answered_as_one_of_nobody(buyer, key):
    service = shared("private")

    for path in ("p/shared", f"p/{service.name}"):
        status, told = asked(buyer, path, key)
        unknown = asked(buyer, "p/unheardof", key)
        assert (status, told.replace(path, "p/unheardof")) == unknown
        assert unknown[0] == 404


def test_a_public_path_names_its_models(buyer):
    """Else what is told of a private one would prove nothing."""
    service = shared("public")

    status, told = asked(buyer, "p/shared", {"model": "none of them"})

    assert status == 404
    assert all(model in told for model in MODELS)
    assert service.name in asked(buyer, "p/shared", None)[1]


@pytest.mark.parametrize(("visibility", "is_private"), [("private", True), ("unlisted", False), ("public", False)])
def test_a_published_route_says_who_may_know_of_it(visibility, is_private):
    service = shared(visibility)

    for path in ("shared", service.name):
        entries = (publishing.body("route", path) or {})["entries"]
        assert {each["is_private"] for each in entries} == {is_private}


def test_a_sellers_group_says_nothing_of_its_private_members(buyer):
    seller = TeamFactory(seller=True)
    members = {visibility: keyed(visibility, seller) for visibility in ("public", "private")}
    catalog.store_group(
        owner=seller,
        content=GroupContent(
            name="house",
            display_name="House",
            status="active",
            services=tuple({"name": each.name} for each in members.values()),
            routing_policy={"access": "keyed", "strategy": "by_price"},
        ),
    )

    status, told = asked(buyer, f"g/{seller.name}:house", {"model": "none of them"})

    assert (status, "public-1" in told, "private-1" in told) == (404, True, False)
    seen = asked(buyer, f"g/{seller.name}:house", {"model": "public-1"})[1]
    assert (str(members["public"].pk) in seen, str(members["private"].pk) in seen) == (True, False)


def keyed(visibility: str, seller: Team) -> Service:
    """Sell a service that answers for one model, called as it is seen."""
    interface = {"access_method": "http", "base_url": "${API_GATEWAY_BASE_URL}/" + visibility}
    interfaces = {"main": {**interface, "routing_key": {"model": f"{visibility}-1"}}}
    options = {"default_visibility": visibility}
    return make_service(seller, listing={"user_access_interfaces": interfaces, "service_options": options})
