"""What holds on every page, whoever sees it: a new page is asked for by itself (tests/pages/census.py)."""

from __future__ import annotations

import pytest

from tests.factories import plenty
from tests.factories.belongings import Belongings
from tests.pages import census, markup
from tests.pages.census import Census
from tests.pages.conftest import FEW
from tests.pages.markup import told

pytestmark = pytest.mark.django_db

#: So many that one query for each shows, and few enough to be made in seconds.
MANY = 12
MOST_QUERIES = 12


@pytest.fixture(scope="module")
def many(owner: Belongings, few: Census) -> Census:
    """Every page with four times as many."""
    plenty.add(owner, range(FEW, MANY))
    return census.take(owner)


class TestAddresses:
    def test_that_show_nobody_a_page_are_known(self, few):
        unknown = sorted(few.silent - set(census.NO_PAGES))

        assert not unknown, f"say in census.NO_PAGES what they answer: {unknown}"
        assert set(census.NO_PAGES) - few.silent == set(), "these are pages"


class TestEveryPage:
    def test_is_well_made(self, few):
        found = {page.name: faults for page in few.pages if (faults := markup.faults(page))}

        assert not found, told(found)

    def test_is_made_by_few_queries(self, few):
        found = {page.name: page.queries for page in few.pages if len(page.queries) > MOST_QUERIES}

        assert not found, told(found)

    def test_asks_no_more_when_there_is_more(self, few, many):
        before = {page.name: len(page.queries) for page in few.pages}
        after = {page.name: len(page.queries) for page in many.pages}
        found = {name: f"{before[name]}, then {after[name]}" for name in before if after.get(name, 0) > before[name]}

        assert not found, told(found)

    def test_is_well_made_when_there_is_more(self, many):
        found = {page.name: faults for page in many.pages if (faults := markup.faults(page))}

        assert not found, told(found)
