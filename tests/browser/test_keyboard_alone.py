"""Journeys without a pointer: what is used is reached with Tab, and pressed."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from gateway_admin.aliases import queries
from gateway_admin.aliases import services as aliases
from gateway_admin.api_keys.models import ApiKey
from marketplace.enrollments.models import Enrollment
from tests.browser.test_customer_pages import CHANNEL, FEED
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.marketplace import make_service

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: So many stops no page has.
STOPS = 150


def reach(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is on what is wanted."""
    expect(wanted.first).to_be_visible()
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        if wanted.evaluate_all("all => all.includes(document.activeElement)"):
            return
    pytest.fail(f"Tab does not reach {wanted}")


def press(page: Page, wanted: Locator) -> None:
    reach(page, wanted)
    page.keyboard.press("Enter")


def write(page: Page, wanted: Locator, text: str) -> None:
    reach(page, wanted)
    page.keyboard.type(text)


def test_leads_from_sign_up_to_an_enrollment_and_a_key(visit, transactional_db):
    make_service(listing=FEED, offering={"upstream_access_config": CHANNEL})
    page = visit().go("/")

    press(page, page.get_by_role("link", name="Sign up"))
    write(page, page.get_by_label("E-mail"), "newcomer@example.org")
    write(page, page.get_by_label("Password", exact=True), "a long enough passphrase")
    press(page, page.get_by_role("button", name="Create account"))
    press(page, page.get_by_role("link", name="Market", exact=True))
    expect(page.get_by_label("Search services")).to_be_visible()
    page.wait_for_load_state()  # before that, nobody listens to keys
    page.keyboard.press("/")
    page.keyboard.type("feed")
    press(page, page.locator(".market-card").get_by_role("link", name="Feed"))
    press(page, page.locator("main").get_by_role("link", name="Enroll", exact=True))
    write(page, page.get_by_label("City"), "Oslo")
    press(page, page.get_by_role("button", name="Accept and enroll"))
    expect(page.get_by_text("You are enrolled in Feed.")).to_be_visible()
    press(page, page.get_by_role("link", name="API Keys"))
    press(page, page.get_by_role("link", name="Create a key"))
    write(page, page.get_by_label("Name"), "laptop")
    press(page, page.get_by_role("button", name="Create key"))

    expect(page.get_by_role("heading", name="“laptop” is ready")).to_be_focused()
    press(page, page.get_by_role("link", name="Done"))
    expect(page.get_by_role("region", name="API keys that work")).to_contain_text("laptop")
    assert Enrollment.objects.get().parameters["city"] == "Oslo"
    assert ApiKey.objects.get().name == "laptop"


def test_switches_an_alias_and_takes_it_back(visit, transactional_db):
    team = TeamFactory(owner=UserFactory())
    owner = team.memberships.get().user
    service = make_service(namespace="acme")
    for target in (f"p/{service.name}", "p/acme/other"):
        aliases.create(team=team, name="chat", target_path=target, by=owner, now=timezone.now())
    page = visit(user=owner).go("/aliases")

    press(page, page.get_by_role("button", name="Switch chat to p/acme/other"))
    expect(page.get_by_text("now leads to p/acme/other")).to_be_visible()
    press(page, page.get_by_role("button", name="Undo"))

    expect(page.get_by_text("now leads to p/acme/chat")).to_be_visible()
    assert [each.target_path for each in queries.aliases(team=team) if each.is_routing] == [f"p/{service.name}"]
