"""Enrollments, keys, secrets, wallet and a seller's services in a real browser: both themes, wide and narrow."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from accounts.teams.models import Team
from accounts.users.models import User
from gateway_admin.api_keys import services as api_keys
from gateway_admin.secrets import services as secrets
from marketplace.catalog.models import Service
from marketplace.enrollments import services as enrollments
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.billing import funded_wallet
from tests.factories.marketplace import make_service

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FEED = {
    "display_name": "Feed",
    "user_parameters_schema": {
        "type": "object",
        "properties": {
            "city": {"type": "string", "title": "City", "description": "Where the forecast is for."},
            "level": {"type": "number", "title": "Level", "minimum": 0, "maximum": 2, "default": 1.5},
            "units": {"enum": ["metric", "imperial"], "title": "Units"},
            "topics": {"type": "array", "title": "Topics", "uniqueItems": True, "items": {"enum": ["rain", "wind"]}},
            "stations": {
                "type": "array",
                "title": "Stations",
                "items": {"type": "object", "title": "Station", "properties": {"name": {"type": "string"}}},
            },
            "labels": {"type": "object", "title": "Labels"},
            "notes": {"type": "string", "title": "Notes"},
            "on": {"type": "boolean", "title": "Send at once"},
        },
        "required": ["city"],
    },
    "user_parameters_ui_schema": {
        "level": {"ui:widget": "range"},
        "units": {"ui:widget": "radio"},
        "notes": {"ui:widget": "textarea", "ui:help": "Plain text."},
    },
    "service_options": {
        "default_visibility": "public",
        "ops_testing_parameters": {"city": "Oslo"},
        "enrollment": {"limit_per_customer": 9},
    },
}
CHANNEL = {
    "default": {
        "base_url": "https://feed.example/{{ params.city }}",
        "api_key": "${ customer_secrets.A_TOKEN_WITH_QUITE_A_LONG_NAME_TO_SEE_WHAT_BREAKS }",
    }
}


@pytest.fixture
def buyer(transactional_db: None) -> User:
    return UserFactory(email="buyer@example.org", full_name="Ada")


@pytest.fixture
def team(buyer: User) -> Team:
    return TeamFactory(owner=buyer)


@pytest.fixture
def feed(transactional_db: None) -> Service:
    return make_service(listing=FEED, offering={"upstream_access_config": CHANNEL})


@pytest.fixture
def customer_pages(buyer: User, team: Team, feed: Service) -> list[str]:
    """The addresses of a customer's pages, with something on each of them."""
    enrollment = enrollments.enroll(
        team=team, service=feed, by=buyer, parameters={"city": "Oslo", "stations": [{"name": "A"}]}, now=NOON
    )
    ended = enrollments.enroll(team=team, service=feed, by=buyer, parameters={"city": "Bergen"}, now=NOON)
    enrollments.cancel(enrollment=ended, now=NOON)
    for name in ("production", "a key with quite a long name that nobody would ever type " * 2):
        key, _ = api_keys.issue(team=team, role="developer", name=name[:100], by=buyer, now=NOON)
    api_keys.revoke(key=key, now=NOON)
    secrets.put(team=team, name="GROQ_API_KEY", value="x", by=buyer, now=NOON, description="Groq")
    secrets.put(team=team, name="REGION", value="eu-west-1", by=buyer, now=NOON, sensitive=False)
    secrets.grant(team=team, name="GROQ_API_KEY", host="api.groq.com", by=buyer)
    funded_wallet("1234567.891234", team=team, credit_limit="50")
    return [
        "/enrollments",
        "/enrollments?show=ended",
        f"/enrollments/new/{feed.pk}",
        f"/enrollments/{enrollment.pk}",
        f"/enrollments/{ended.pk}",
        "/keys",
        "/keys/new",
        "/secrets",
        "/secrets/new",
        "/secrets/GROQ_API_KEY",
        "/secrets/REGION",
        "/wallet",
    ]


class TestEveryPage:
    def test_of_a_customer_has_no_barriers(self, visit, buyer, customer_pages):
        visitor = visit(user=buyer)

        found = {path: visitor.faults(path) for path in customer_pages}

        assert {path: faults for path, faults in found.items() if faults} == {}

    def test_that_is_empty_has_no_barriers(self, visit, buyer, team):
        visitor = visit(user=buyer)

        found = {path: visitor.faults(path) for path in ("/keys",)}

        assert {path: faults for path, faults in found.items() if faults} == {}

    def test_of_a_seller_has_no_barriers(self, visit, buyer):
        seller = TeamFactory(seller=True, owner=buyer)
        paths = ["/seller/services"]
        for status in ("draft", "active", "rejected"):
            paths.append(f"/seller/services/{make_service(seller, status=status).pk}")
        visitor = visit(user=buyer)

        found = {path: visitor.faults(path) for path in paths}

        assert {path: faults for path, faults in found.items() if faults} == {}


class TestEnrollmentForm:
    @pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
    def test_adds_and_removes_items_and_keeps_what_was_typed(self, visit, buyer, team, feed, scripts):
        page = visit(user=buyer, scripts=scripts).go(f"/enrollments/new/{feed.pk}")

        page.get_by_label("Notes").fill("two\nlines")
        page.get_by_role("button", name="Add to Stations").click()
        page.get_by_label("Name").fill("first")
        page.get_by_role("button", name="Add to Stations").click()
        page.get_by_label("Name").nth(1).fill("second")
        page.get_by_role("button", name="Remove Station 1").click()

        expect(page.get_by_label("Name")).to_have_count(1)
        expect(page.get_by_label("Name")).to_have_value("second")
        expect(page.get_by_label("Notes")).to_have_value("two\nlines")

    def test_leads_to_the_field_that_is_wrong(self, visit, buyer, team, feed):
        visitor = visit(user=buyer)
        page = visitor.go(f"/enrollments/new/{feed.pk}")

        page.get_by_label("Labels").fill("{nonsense")
        page.get_by_role("button", name="Accept and enroll").click()

        expect(page.get_by_role("alert")).to_be_focused()
        page.get_by_role("alert").get_by_role("link", name="City: This is required.").click()
        expect(page.get_by_label("City")).to_be_focused()
        expect(page.get_by_label("City")).to_have_accessible_description("Where the forecast is for. This is required.")
        expect(page.get_by_label("Labels")).to_have_value("{nonsense")
        assert visitor.barriers() == []

    def test_sends_with_the_enter_key(self, visit, buyer, team, feed):
        page = visit(user=buyer).go(f"/enrollments/new/{feed.pk}")

        page.get_by_role("button", name="Add to Stations").click()
        page.get_by_label("Name").fill("first")
        page.get_by_label("City").fill("Oslo")
        page.get_by_label("City").press("Enter")

        expect(page.get_by_text("You are enrolled in Feed.")).to_be_visible()
        expect(page.get_by_text('[{"name": "first"}]')).to_be_visible()

    def test_shows_the_number_of_a_slider(self, visit, buyer, team, feed):
        page = visit(user=buyer).go(f"/enrollments/new/{feed.pk}")

        page.get_by_label("Level").fill("0.5")

        expect(page.locator("output")).to_have_text("0.5")


class TestConfirmations:
    def test_name_the_key_and_return_the_focus(self, visit, buyer, team):
        api_keys.issue(team=team, role="developer", name="production", by=buyer, now=NOON)
        page = visit(user=buyer).go("/keys")

        page.get_by_role("button", name="Revoke the key “production”").click()
        dialog = page.get_by_role("dialog", name="Revoke the key “production”?")
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Revoke the key “production”")).to_be_focused()
        page.keyboard.press("Enter")
        dialog.get_by_role("button", name="Revoke key").click()

        expect(page.get_by_text("The key “production” is revoked.")).to_be_visible()
        expect(page.get_by_text("No API key yet")).to_be_visible()


class TestKey:
    def test_is_copied_from_the_page_that_shows_it_once(self, visit, buyer, team):
        visitor = visit(user=buyer)
        visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = visitor.go("/keys/new")

        page.get_by_label("Name").fill("laptop")
        page.get_by_role("button", name="Create key").click()
        expect(page.get_by_role("heading", name="“laptop” is ready")).to_be_focused()
        page.get_by_role("button", name="Copy key").click()
        expect(page.get_by_text("Copied")).to_be_visible()

        assert page.evaluate("navigator.clipboard.readText()") == page.get_by_test_id("api-key").inner_text()
        assert visitor.barriers() == []
