from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import date

import pytest

from config.public import legal
from marketplace.catalog.models import Service, Visibility
from tests.factories.marketplace import make_service

pytestmark = pytest.mark.django_db
PLACES = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


def places(client) -> set[str]:
    answer = client.get("/sitemap.xml")
    assert answer.headers["Content-Type"] == "application/xml"
    return {place.text.removeprefix("http://testserver") for place in ET.fromstring(answer.content).iter(PLACES)}


class TestPricing:
    def test_computes_its_examples(self, client):
        """By hand: 2,000 bytes are at most 2,000 tokens, so 2,000 x 3 + 300 x 15 = 10,500 millionths are held."""
        page = client.get("/pricing").content.decode()

        for amount in ("0.0105", "0.00396", "0.00654", "12.00", "0.00099", "0.000594", "0.002376", "200.00"):
            assert f">{amount} USD<" in page, amount

    def test_says_the_limits_that_are_set(self, client, settings):
        settings.TOP_UP_MINIMUM, settings.DISPUTE_WINDOW_DAYS = 7, 41

        page = client.get("/pricing").content.decode()

        assert ">7.00 USD<" in page
        assert "for 41 days" in page


class TestLegalTexts:
    @pytest.mark.parametrize(("name", "title"), [("terms", "Terms of service"), ("privacy", "Privacy notice")])
    def test_say_their_version_and_who_speaks(self, client, settings, name, title):
        settings.PLATFORM_NAME = "Example Ltd"
        legal._read.cache_clear()

        page = client.get(f"/{name}").content.decode()

        assert f">{title}</h1>" in page
        assert "Version 1" in page
        assert "Example Ltd" in page
        assert "[OPERATOR]" not in page
        assert legal.text(name).changed_on >= date(2026, 11, 21)


class TestSitemap:
    def test_names_every_page_that_is_for_everybody(self, client):
        service = make_service(namespace="acme")

        assert {"/", "/market", "/pricing", "/docs/gateway", "/terms", f"/market/{service.name}"} <= places(client)

    def test_names_no_service_that_is_not_on_the_market(self, client):
        hidden = [make_service(status="draft"), make_service()]
        Service.objects.filter(pk=hidden[1].pk).update(visibility=Visibility.PRIVATE)

        assert {place for place in places(client) if place.startswith("/market/")} == set()

    def test_leads_to_pages_that_answer_without_a_log_in(self, client):
        make_service()

        assert {place: status for place in places(client) if (status := client.get(place).status_code) != 200} == {}

    def test_is_named_by_robots_txt(self, client):
        lines = client.get("/robots.txt").content.decode().splitlines()

        assert "Sitemap: http://testserver/sitemap.xml" in lines
        assert "Disallow: /v1/" in lines


class TestPublicPages:
    def test_say_to_whoever_shows_a_link_what_they_are(self, client):
        page = client.get("/pricing?from=somewhere").content.decode()

        assert '<link rel="canonical" href="http://testserver/pricing">' in page
        assert '<meta property="og:title" content="Pricing · Onekey">' in page
        assert 'property="og:description" content="How charges come about' in page

    def test_escape_what_sellers_wrote_in_their_titles(self, client):
        service = make_service(namespace="acme", listing={"display_name": '"><b>Bold</b>'})

        page = client.get(f"/market/{service.name}").content.decode()

        assert "<b>Bold" not in page

    def test_lead_browsers_to_the_icon(self, client):
        assert client.get("/favicon.ico").headers["Location"] == "/static/icon.svg"


class TestStartPage:
    def test_shows_a_call_of_a_service_on_sale(self, client):
        make_service(namespace="acme", listing={"display_name": "Acme Chat"})

        page = client.get("/").content.decode()

        assert "svcpass_YOUR_KEY" in page
        assert "/p/acme/chat" in page or "/acme/chat/v1/chat/completions" in page

    def test_does_without_when_nothing_is(self, client):
        assert "svcpass_YOUR_KEY" not in client.get("/").content.decode()
