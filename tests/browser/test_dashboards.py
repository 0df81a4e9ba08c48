"""The start pages and the charts of usage in a real browser: both themes, wide and narrow."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import FilePayload, Page, expect

from accounts.teams.models import Team
from accounts.users.models import User
from billing.wallets.models import Wallet
from gateway_admin.api_keys import services as api_keys
from marketplace.catalog.models import Service
from tests.browser.conftest import NARROW
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.billing import funded_wallet
from tests.factories.marketplace import files, make_service
from tests.factories.request_logs import call, take_calls
from tests.factories.statements import used

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def buyer(transactional_db: None) -> User:
    return UserFactory(email="buyer@example.org", full_name="Ada")


@pytest.fixture
def seller(transactional_db: None) -> User:
    return UserFactory(email="seller@example.org", full_name="Grace")


@pytest.fixture
def busy(buyer: User, seller: User) -> Team:
    """A customer who has used eight services of one seller for the last days."""
    now = datetime.now(UTC)
    team, shop = TeamFactory(owner=buyer), TeamFactory(seller=True, owner=seller)
    wallet = funded_wallet("100", team=team)
    Wallet.objects.filter(pk=wallet.pk).update(created_at=now - timedelta(days=30), time_zone="Europe/Vienna")
    key, _ = api_keys.issue(team=team, role="developer", name="production", by=buyer, now=now)
    for number in range(8):
        service = make_service(shop, name=f"s{number}", listing={"display_name": f"A service number {number}"})
        for back in range(0, 6, 1 + number % 3):
            used(
                wallet,
                str(Decimal(number + 2) / 3)[:6],
                now - timedelta(hours=9 * back + 1),
                service_id=service.pk,
                api_key_id=key.pk if number % 2 else None,
                path=f"/a/name-{number}" if number % 3 else "/p/x",
            )
    return team


class TestUpload:
    """A seller uploads three files of which one is broken, mends it, uploads again and submits."""

    def test_leads_from_files_to_a_submitted_service(self, visit, seller):
        shop = TeamFactory(seller=True, owner=seller)
        visitor = visit(seller)
        page = visitor.go("/")
        page.get_by_role("link", name="Upload files").click()
        # files chosen before the scripts run are not listed
        page.wait_for_url("**/seller/services/upload")
        made = files("acme", "chat")
        parts = {"provider": made.provider, "offering": {**made.offering, "summary": 5}, "listing": made.listing}

        page.get_by_label("Files", exact=True).set_input_files([as_file(*each) for each in parts.items()])
        chosen = page.get_by_role("list", name="Chosen files").get_by_role("listitem")
        expect(chosen).to_have_count(3)
        page.get_by_role("button", name="Upload").click()

        expect(page.get_by_role("heading", name="1 file to mend")).to_be_focused()
        expect(chosen.filter(has_text="offering.json")).to_contain_text("to mend: choose it again")
        expect(chosen.filter(has_text="provider.json")).to_contain_text("right")
        expect(page.get_by_role("progressbar", name="offering.json, sent")).to_have_attribute("value", "100")
        assert visitor.barriers() == []
        shoot(page, "upload")

        page.get_by_label("Files", exact=True).set_input_files([as_file("offering", made.offering)])
        page.get_by_role("button", name="Upload").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Acme Chat")
        page.get_by_role("button", name="Submit for review").click()
        expect(page.locator("#messages")).to_be_visible()
        assert Service.objects.get(seller=shop).status != "draft"

    def test_works_without_scripts(self, visit, seller):
        TeamFactory(seller=True, owner=seller)
        page = visit(seller, scripts=False, size=NARROW).go("/seller/services/upload")
        made = files("acme", "chat")
        parts = {"provider": made.provider, "offering": made.offering, "listing": made.listing}

        page.get_by_label("Files", exact=True).set_input_files([as_file(*each) for each in parts.items()])
        page.get_by_role("button", name="Upload").click()

        expect(page.get_by_role("heading", level=1)).to_have_text("Acme Chat")


class TestKeys:
    def test_walk_through_the_log_and_jump(self, visit, buyer):
        team, now = TeamFactory(owner=buyer), datetime.now(UTC)
        ids = take_calls(*(call(team.pk, now - timedelta(minutes=n + 1)) for n in range(3)))
        page = visit(buyer).go("/")

        page.keyboard.press("g")
        page.keyboard.press("l")
        page.wait_for_url("**/request-logs*")  # until it is loaded: before that, nobody listens to keys
        expect(page.get_by_role("heading", level=1)).to_have_text("Request logs")
        for key, pk in (("j", ids[0]), ("j", ids[1]), ("j", ids[2]), ("k", ids[1])):
            page.keyboard.press(key)
            expect(page.locator(f"a[href$='{pk}']:focus")).to_be_visible()
        page.keyboard.press("Enter")

        page.wait_for_url(f"**/{ids[1]}")
        page.keyboard.press("g")
        page.keyboard.press("w")
        expect(page.get_by_role("heading", level=1)).to_have_text("Wallet")


def as_file(name: str, content: object) -> FilePayload:
    return {"name": f"{name}.json", "mimeType": "application/json", "buffer": json.dumps(content).encode()}


def shoot(page: Page, name: str) -> None:
    """Take a picture for who looks at pages: DASH_SHOTS names the folder."""
    if folder := os.environ.get("DASH_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


PAGES = ["/", "/usage", "/usage?by=alias&show=calls"]
SALES_PAGES = ["/", "/seller/usage", "/seller/services/upload"]


@pytest.mark.parametrize("who", ["buyer", "seller"])
def test_pages_have_no_barriers(visit, busy, buyer, seller, who):
    visitor = visit(buyer if who == "buyer" else seller)
    faults = {}
    for number, path in enumerate(PAGES if who == "buyer" else SALES_PAGES):
        faults[path] = visitor.faults(path)
        shoot(visitor.page, f"{who}-{number}")

    assert {path: found for path, found in faults.items() if found} == {}
