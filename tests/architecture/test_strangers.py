"""The role in another team opens nothing, nor does asking for a part of a page, nor being an operator.

tests/architecture/test_isolation.py asks as owners of other teams. Here are viewers, administrators and operators.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from accounts.teams.models import Role
from tests.architecture import addresses
from tests.architecture.people import taken_back, understood
from tests.architecture.test_isolation import ANSWERED, FORM, Visitor, is_refused, leaked
from tests.architecture.test_viewers import program
from tests.architecture.writes import written
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.belongings import belongings
from tests.factories.visitors import HTMX, visitor

pytestmark = pytest.mark.django_db


def strangers() -> Iterator[tuple[str, Visitor]]:
    """Yield (which addresses, who): people of another customer and another seller, by htmx and by programs."""
    customer, seller = TeamFactory(), TeamFactory(seller=True)
    operators = TeamFactory(owner=UserFactory(operator=True))
    yield "", Visitor("another customer's viewer, by htmx", by_htmx(visitor(customer, Role.VIEWER)))
    yield "", Visitor("another seller's administrator, by htmx", by_htmx(visitor(seller, Role.ADMIN)))
    yield "", Visitor("an operator, by htmx", by_htmx(visitor(operators)))
    yield "", Visitor("anybody, by htmx", by_htmx(Client()))
    yield "v1/", Visitor("another customer's administrator's key", program(customer, Role.ADMIN))
    yield "v1/", Visitor("another seller's viewer's key", program(seller, Role.VIEWER))


def by_htmx(client: Client) -> Client:
    """Return the browser, in which htmx asks for parts of pages from now on."""
    client.defaults |= HTMX
    return client


def asked(root: str) -> Iterator[tuple[str, str]]:
    """Yield every address of the pages or the APIs that names something, with its methods; and every list."""
    for route, methods in understood().items():
        is_other_spelling = route.startswith("v1/") and route.endswith("/") and route[:-1] in understood()
        if route.startswith("v1/") == bool(root) and not is_other_spelling:
            yield from ((route, each) for each in methods if addresses.arguments(route) or each == "GET")


def test_of_every_role_are_refused_what_others_own_read_nothing_of_it_and_write_nothing():
    owner, found = belongings(), []

    for root, each in strangers():
        for route, method in asked(root):
            address = addresses.filled(route, owner)
            with taken_back(), written() as tables:
                response = each.ask(method, address, FORM)
            is_open = not addresses.arguments(route) or (method, route) in ANSWERED
            if not (is_open or (is_refused(response) and not tables)):
                found.append(f"{each.who}: {method} {route} -> {response.status_code}, writes {tables or 'nothing'}")
            if words := leaked(response, owner, sent=f"{address} {FORM}"):
                found.append(f"{each.who}: {method} {route} tells {words}")

    assert found == [], "\n".join(found)
