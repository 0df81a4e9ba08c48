"""Providers and groups: ways through the market that need no login and show nothing that is not on sale."""

from __future__ import annotations

import pytest

from marketplace.catalog import services
from marketplace.catalog.services.groups import GroupContent
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import make_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return TeamFactory(seller=True, name="acme-corp")


@pytest.fixture
def chat(seller):
    return make_service(
        seller, namespace="acme", provider={"display_name": "Acme & Sons", "description": "We **chat**."}
    )


def group(seller, name="fast", status="active", **more):
    content = GroupContent(name=name, display_name=f"The {name} ones", status=status, **more)
    return services.store_group(owner=seller, content=content)[0]


class TestProviders:
    def test_are_those_with_something_on_the_market(self, client, chat):
        make_service(namespace="unseen", status="draft")

        told = client.get("/providers").content.decode()

        assert "Acme &amp; Sons" in told
        assert "1 service" in told
        assert "unseen" not in told

    def test_have_a_page_with_their_services(self, client, chat):
        told = client.get("/providers/acme").content.decode()

        assert "Acme Chat" in told
        assert "<strong>chat</strong>" in told
        assert "/market?provider=acme" in told

    def test_without_anything_on_the_market_have_none(self, client, seller):
        make_service(seller, namespace="unseen", status="draft")

        assert [client.get(f"/providers/{name}").status_code for name in ("unseen", "nobody", "%00")] == [404] * 3

    def test_are_as_few_queries_for_many_services_as_for_one(self, client, seller, django_assert_max_num_queries):
        for name in ("one", "two", "three"):
            make_service(seller, namespace="acme", name=name)
        with django_assert_max_num_queries(6):
            assert client.get("/providers/acme").status_code == 200


class TestGroups:
    def test_are_the_open_ones_that_have_services_on_the_market(self, client, seller, chat):
        group(seller, expression="'fast' in tags")
        group(seller, "secret", status="private", expression="'fast' in tags")
        group(seller, "empty", expression="'nothing' in tags")

        told = client.get("/groups").content.decode()

        assert "The fast ones" in told
        assert "The secret ones" not in told
        assert "The empty ones" not in told

    def test_have_a_page_with_their_services_and_the_address_that_calls_them(self, client, seller, chat):
        group(seller, expression="'fast' in tags", routing_policy={"strategy": "by_price"})

        told = client.get("/groups/acme-corp:fast").content.decode()

        assert "Acme Chat" in told
        assert "http://testserver/g/acme-corp:fast" in told
        assert "the cheapest first" in told
        assert "/playground?path=g/acme-corp:fast" in told

    @pytest.mark.parametrize("reference", ["acme-corp:secret", "fast", "elsewhere:fast", "acme-corp:", "%00"])
    def test_that_are_not_open_have_none(self, client, seller, chat, reference):
        group(seller, "secret", status="private", expression="'fast' in tags")
        group(seller, expression="'fast' in tags")

        assert client.get(f"/groups/{reference}").status_code == 404
