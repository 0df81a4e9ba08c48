"""Accounts in a real browser: login through an identity provider with its redirects, members, invitations."""

from __future__ import annotations

import copy
import os
import re
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.teams import services as teams
from accounts.teams.models import Role
from tests.accounts.identities.conftest import ALICE, provider, use
from tests.browser.conftest import WIDE
from tests.factories.accounts import TeamFactory, UserFactory

__all__ = ["provider"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _provider(provider, settings, live_server):
    use(settings, provider)
    policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["form-action"] += [provider, live_server.url]
    settings.CONTENT_SECURITY_POLICY = policy
    settings.SITE_URL = live_server.url


def log_in(page) -> None:
    page.get_by_role("button", name="Continue with single sign-on").click()
    page.locator("input[name=sub]").first.fill(ALICE.sub)
    page.locator("button[type=submit]").first.click()


def test_goes_to_the_provider_and_comes_back_logged_in(visit, provider):
    visitor = visit(size=WIDE)
    page = visitor.go("/accounts/login/")

    log_in(page)

    expect(page).to_have_url(re.compile(rf"^{visitor.address}"))
    visitor.go("/teams")
    expect(page.get_by_role("main")).to_contain_text("alice@example.org")


def test_its_pages_have_no_faults(visit):
    visitor = visit()
    found = look(visitor, "/accounts/login/")
    log_in(visitor.page)
    visitor.go("/teams")
    visitor.complaints.clear()
    for path in ("/accounts/3rdparty/", "/accounts/sessions/"):
        found += look(visitor, path)

    assert found == []


def look(visitor, path: str) -> list[str]:
    """Return the faults of a page, and keep a picture of it where SCREENSHOTS says."""
    faults = visitor.faults(path)
    if folder := os.environ.get("SCREENSHOTS"):
        visitor.page.screenshot(path=Path(folder) / f"{path.strip('/').replace('/', '-')}.png", full_page=True)
    return faults


def test_the_pages_of_an_account_have_no_faults(visit):
    owner = UserFactory(email="owner@example.org")
    team = TeamFactory(owner=owner, display_name="Acme Research")
    member = teams.add_member(team=team, user=UserFactory(email="colleague@example.org"), role=Role.DEVELOPER)
    by = team.memberships.get(role=Role.OWNER)
    _, word = teams.invite(team=team, email=member.user.email[1:], role=Role.VIEWER, by=by, now=timezone.now())
    visitor = visit(user=owner)

    found = []
    for path in ("/teams", "/teams/edit", "/teams/invitations/new", f"/teams/join/{word}"):
        found += look(visitor, path)

    assert found == []
