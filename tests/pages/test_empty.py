"""A team that has nothing yet: every list says what it is, why it is empty, and what to do about it."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client
from lxml.html import HtmlElement

from tests.factories.accounts import TeamFactory
from tests.factories.visitors import visitor
from tests.pages import census
from tests.pages.census import Census, Page
from tests.pages.markup import told

pytestmark = pytest.mark.django_db

#: Pages with lists that show no blank slate, or several, when they are empty: {pattern: why}.
OTHERWISE = {
    "teams": "whoever made the account is its first member",
    "seller/payouts": "shows what is owed, and where payouts go; those of the past come below",
    "seller/templates": "the operators' templates are there; what was made of them comes below",
}
SEVERAL = {"": "the overview has a list of each kind"}


@pytest.fixture(scope="module")
def fresh(few: Census, django_db_blocker: pytest.FixtureRequest) -> list[tuple[Page, Page]]:
    """The pages of accounts that have nothing, each beside the one that is full."""
    with django_db_blocker.unblock(), transaction.atomic():
        newcomers = {"buyer": visitor(TeamFactory()), "seller": visitor(TeamFactory(seller=True))}
        found = [
            (empty, full)
            for full in few.pages
            if full.who in newcomers and "<" not in full.route and (empty := look(newcomers[full.who], full))
        ]
        transaction.set_rollback(True)
    return found


def look(client: Client, full: Page) -> Page | None:
    return census.look(full.who, client, full.route, full.address)


def entries(page: Page) -> int:
    """Return how many rows and points the lists of a page have."""
    return len(page.tree.xpath("//main//tbody/tr | //main//ul/li | //main//ol/li"))


def slates(page: Page) -> list[HtmlElement]:
    return list(page.tree.xpath("//main//*[@data-blank-slate]"))


def actions(slate: HtmlElement) -> list[str]:
    return [each.text_content().strip() for each in slate.xpath(".//a[@href] | .//button")]


class TestEveryList:
    def test_that_is_empty_shows_one_slate_with_one_action(self, fresh):
        lists = {empty.name: empty for empty, full in fresh if entries(full) > entries(empty)}
        wrong = {
            name: [actions(slate) for slate in slates(page)]
            for name, page in lists.items()
            if page.route not in {*OTHERWISE, *SEVERAL} and [len(actions(slate)) for slate in slates(page)] != [1]
        }

        assert len(lists) >= 30
        assert not wrong, told(wrong)

    def test_that_is_empty_says_why(self, fresh):
        silent = [page.name for page, _ in fresh for slate in slates(page) if not slate.xpath(".//h2 and .//p")]

        assert silent == []

    def test_offers_one_action_in_each_slate(self, fresh):
        wrong = {page.name: actions(slate) for page, _ in fresh for slate in slates(page) if len(actions(slate)) != 1}

        assert not wrong, told(wrong)

    def test_that_is_an_exception_is_one(self, fresh):
        shown = {page.route: len(slates(page)) for page, _ in fresh}

        assert [route for route in OTHERWISE if shown[route] > 0] == []
        assert [route for route in SEVERAL if shown[route] < 1] == []
