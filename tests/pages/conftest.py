"""One world for all tests of this folder: made once, looked at often, and taken back at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.factories import plenty
from tests.factories.belongings import Belongings, belongings
from tests.pages import census, sights
from tests.pages.census import Census
from tests.pages.sights import Sights

FEW = 3


@pytest.fixture(scope="package")
def owner(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Belongings]:
    """A buyer and a seller who have three of everything."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = belongings()
        plenty.add(made, range(1, FEW))
        yield made
        transaction.set_rollback(True)


@pytest.fixture(scope="package")
def few(owner: Belongings) -> Census:
    """Every page with them."""
    return census.take(owner)


@pytest.fixture(scope="class")
def looked_at(request: pytest.FixtureRequest, owner: Belongings) -> Sights:
    """What is wrong with the pages of the group that the class names, in a browser."""
    pages = census.take(owner, sights.routes_of(request.cls.GROUP))
    return sights.look_at(sights.worth_a_look(pages), owner)
