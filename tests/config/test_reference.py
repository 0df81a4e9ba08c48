"""The reference pages of the APIs."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from config.api_urls import customer_api, seller_api

pytestmark = pytest.mark.django_db
PAGES = {"/v1/docs": customer_api, "/v1/seller/docs": seller_api}


@pytest.mark.parametrize("address", PAGES)
class TestReference:
    def test_shows_every_endpoint_of_the_document_at_an_address_of_its_own(self, address):
        page = Client().get(address).content.decode()

        document = PAGES[address].get_openapi_schema()
        for path, item in document["paths"].items():
            for method in item:
                assert f"{method.upper()} {path}</h2>" in page
        anchors = re.findall(r'<section[^>]* id="([^"]+)"', page)
        assert len(anchors) == len(set(anchors)) == sum(len(item) for item in document["paths"].values())

    def test_names_fields_of_bodies_and_answers(self, address):
        page = Client().get(address).content.decode()

        assert "objects[].last_modified" in page
        assert "Idempotency-Key" in page
        assert "list of " in page

    def test_asks_nothing_of_other_hosts(self, address):
        page = Client().get(address).content.decode()

        asked = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//[^>]*', page)
        assert [each for each in asked if 'rel="canonical"' not in each] == []

    def test_leads_to_the_document_for_programs(self, address):
        found = Client().get(address.replace("docs", "openapi.json"))

        assert found.json()["openapi"].startswith("3.1")


def test_shows_a_call_that_can_be_copied():
    page = Client().get("/v1/docs").content.decode()

    assert "curl -X POST &#x27;http://testserver/v1/aliases/&#x27;" in page
