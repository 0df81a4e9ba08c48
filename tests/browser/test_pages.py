"""Every page of the design system in a real browser: both themes, wide and narrow, with keys, without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.teams.models import Team
from accounts.users.models import User
from tests.browser.conftest import NARROW
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.billing import funded_wallet
from tests.factories.marketplace import make_service

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DOCUMENTS = {
    "Quick start": {
        "category": "getting_started",
        "mime_type": "markdown",
        "file_content": "# Hello\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```python\nprint('x' * 200)  # a very long line "
        + "x" * 120
        + "\n```",
        "is_public": True,
    },
    "Example": {"category": "code_example", "mime_type": "python", "file_content": "print('hi')", "is_public": True},
    "Connectivity test": {"category": "connectivity_test", "mime_type": "bash", "file_content": "true"},
}


@pytest.fixture
def buyer(transactional_db: None) -> User:
    return UserFactory(email="buyer@example.org", full_name="Ada")


@pytest.fixture
def team(buyer: User) -> Team:
    return TeamFactory(owner=buyer, display_name="A team with quite a long name, to see what breaks")


@pytest.fixture
def market(transactional_db: None) -> None:
    seller = TeamFactory(seller=True, name="acme-corp")
    make_service(seller, namespace="acme", listing={"documents": DOCUMENTS})
    make_service(
        seller,
        namespace="acme",
        name="vectors-with-a-very-long-name-that-has-no-place-to-break",
        offering={"service_type": "embedding", "tags": ["slow"]},
        listing={"display_name": "Vectors", "list_price": {"type": "constant", "price": "0"}},
    )


@pytest.mark.usefixtures("market")
class TestPagesWithLongWords:
    """Every page as such is looked at in tests/pages."""

    def test_have_no_barriers_for_visitors(self, visit):
        visitor = visit()
        paths = ["/market", "/market?tag=nowhere", "/market/acme/chat?tab=docs", "/nothing-here"]

        assert {path: faults for path in paths if (faults := visitor.faults(path))} == {}

    def test_have_no_barriers_for_members(self, visit, buyer, team):
        TeamFactory(seller=True, owner=buyer)
        funded_wallet("1234567.89", team=team)
        visitor = visit(user=buyer)

        assert {path: faults for path in ("/", "/teams") if (faults := visitor.faults(path))} == {}


@pytest.mark.usefixtures("market")
class TestMarket:
    def test_narrows_while_typing_and_keeps_the_address(self, visit):
        page = visit().go("/market")

        page.keyboard.press("/")
        page.keyboard.type("vectors")

        expect(page.get_by_role("status").filter(has_text="1 service")).to_be_visible()
        expect(page.locator(".market-card")).to_have_count(1)
        expect(page).to_have_url(page.url.split("?")[0] + "?q=vectors")
        expect(page.locator("#market-search")).to_be_focused()

    def test_keeps_the_focus_on_the_filter_that_was_chosen(self, visit):
        page = visit().go("/market")

        page.get_by_label("Embedding", exact=False).first.check()

        expect(page.locator(".market-card")).to_have_count(1)
        expect(page.locator("#facet-type-embedding")).to_be_focused()
        expect(page.locator("#facet-type-embedding")).to_be_checked()

    def test_goes_back_to_where_it_was(self, visit):
        page = visit().go("/market")
        page.locator("#facet-type-embedding").check()
        expect(page.locator(".market-card")).to_have_count(1)

        page.go_back()

        expect(page.locator(".market-card")).to_have_count(2)
        expect(page.locator("#facet-type-embedding")).not_to_be_checked()

    def test_compares_what_was_ticked(self, visit):
        page = visit().go("/market")

        page.locator(".market-compare input").first.check()
        expect(page.locator("#tray")).to_contain_text("Choose another one")
        page.locator(".market-compare input").first.check()
        page.get_by_role("link", name="Compare 2").click()

        expect(page.get_by_role("heading", level=1)).to_have_text("Compare services")
        expect(page.get_by_role("columnheader")).to_have_count(3)

    def test_works_without_scripts(self, visit):
        page = visit(scripts=False).go("/market")

        page.locator("#facet-type-embedding").check()
        page.get_by_role("button", name="Apply filters").click()

        expect(page.locator(".market-card")).to_have_count(1)


@pytest.mark.usefixtures("market")
class TestServicePage:
    def test_moves_between_tabs_with_arrow_keys(self, visit):
        page = visit().go("/market/acme/chat")
        page.get_by_role("link", name="Overview").focus()

        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("link", name="Docs 1")).to_be_focused()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Enter")

        expect(page.get_by_role("heading", name="In words")).to_be_visible()

    def test_copies_code_and_says_so(self, visit):
        visitor = visit()
        visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = visitor.go("/market/acme/chat?tab=code")

        page.locator(".code-box [data-copy]").first.click()

        expect(page.get_by_text("Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()").startswith("curl ")


class TestTheme:
    def test_changes_at_once_and_stays_without_a_flash(self, visit, transactional_db):
        visitor = visit(theme="light")
        page = visitor.go("/market")

        page.get_by_role("button", name="Use the dark theme").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")

        response = visitor.page.request.get(visitor.address + "/market")
        assert 'data-theme="dark"' in response.text()

    def test_changes_without_scripts(self, visit, transactional_db):
        page = visit(scripts=False).go("/market?q=x")

        page.get_by_role("button", name="Use the dark theme").click()

        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert page.url.endswith("/market?q=x")


class TestKeyboard:
    def test_skips_to_the_content(self, visit, transactional_db):
        page = visit().go("/market")

        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        page.keyboard.press("Enter")

        expect(page.locator("#main")).to_be_focused()

    def test_lists_the_shortcuts_and_goes_places(self, visit, buyer, team):
        page = visit(user=buyer).go("/teams")

        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("g")
        page.keyboard.press("m")

        expect(page.get_by_role("heading", level=1)).to_have_text("Market")

    def test_leaves_typing_alone(self, visit, transactional_db):
        page = visit().go("/market")
        page.locator("#market-search").focus()

        page.keyboard.type("g?m/")

        expect(page.locator("#market-search")).to_have_value("g?m/")
        expect(page.get_by_role("dialog")).to_have_count(0)


class TestMenu:
    def test_is_a_dialog_on_narrow_screens(self, visit, buyer, team):
        visitor = visit(user=buyer, size=NARROW)
        page = visitor.go("/teams")

        page.get_by_role("button", name="Open the menu").click()
        menu = page.get_by_role("dialog", name="Menu")
        expect(menu.get_by_role("link", name="Enrollments")).to_be_visible()
        assert visitor.barriers() == []
        page.keyboard.press("Escape")

        expect(menu).to_be_hidden()
        expect(page.get_by_role("button", name="Open the menu")).to_be_focused()

    def test_opens_without_scripts(self, visit, buyer, team):
        page = visit(user=buyer, size=NARROW, scripts=False).go("/teams")

        page.get_by_role("button", name="Open the menu").click()

        expect(page.get_by_role("dialog", name="Menu").get_by_role("link", name="Market")).to_be_visible()

    def test_switches_the_account(self, visit, buyer, team):
        TeamFactory(seller=True, owner=buyer, display_name="Second Inc")
        page = visit(user=buyer).go("/teams")

        sidebar = page.get_by_role("banner")
        sidebar.locator("summary", has_text="A team with quite").click()
        sidebar.get_by_role("button", name="Second Inc").click()

        expect(page.get_by_text("You now act for Second Inc.")).to_be_visible()
        expect(page.get_by_role("link", name="My services").first).to_be_visible()


class TestForms:
    def test_put_the_focus_on_what_is_wrong(self, visit, buyer, team):
        page = visit(user=buyer).go("/teams/new")

        page.get_by_label("Team name").fill("Acme")
        page.get_by_role("button", name="Create team").click()

        expect(page.get_by_role("alert")).to_be_focused()
        expect(page.get_by_label("Team name")).to_have_value("Acme")
        page.get_by_role("alert").get_by_role("link").click()
        expect(page.get_by_label("Short name")).to_be_focused()
        expect(page.get_by_label("Short name")).to_have_attribute("aria-invalid", "true")

    def test_send_the_token_that_django_asks_for(self, visit, buyer, team):
        visitor = visit(user=buyer)
        page = visitor.go("/teams/new")

        page.get_by_label("Team name").fill("Acme Research")
        page.get_by_label("Short name").fill("acme-research")
        page.get_by_role("button", name="Create team").click()

        expect(page.get_by_text("Acme Research is ready")).to_be_visible()
        assert Team.objects.filter(name="acme-research").exists()


class TestScripts:
    def test_are_small(self, visit, transactional_db):
        answers = []
        visitor = visit()
        visitor.page.on("response", lambda answer: answers.append(answer))

        visitor.go("/market")

        sizes = [len(answer.body()) for answer in answers if ".js" in answer.url]
        assert len(sizes) >= 8
        assert sum(sizes) < 100_000
