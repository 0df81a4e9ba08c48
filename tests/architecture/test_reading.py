"""Whoever reads changes nothing, at any address that there is: what a GET did, a link in a mail could do to anybody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

from accounts.teams.models import Role
from tests.architecture import addresses
from tests.architecture.people import understood
from tests.architecture.test_isolation import Visitor
from tests.architecture.test_viewers import program
from tests.architecture.writes import written
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.belongings import Belongings, belongings
from tests.factories.visitors import HTMX, visitor

pytestmark = pytest.mark.django_db
#: Written by reading: {(pattern, table): why}.
WRITTEN = {
    ("disputes/<uuid:dispute_id>", "disputes_dispute"): "notes until where the party has read the thread",
    ("messages/<uuid:conversation_id>", "conversations_conversation"): "the same",
}


def readers(owner: Belongings) -> Iterator[tuple[str, Visitor]]:
    """Yield (which addresses, who): members of the teams by pages, parts of pages and programs; and an operator."""
    operators = TeamFactory(owner=UserFactory(operator=True))
    for whose, team in (("buyer", owner.buyer), ("seller", owner.seller)):
        yield "pages", Visitor(f"{whose}'s owner", visitor(team))
        yield "pages", Visitor(f"{whose}'s viewer, by htmx", for_fragments(visitor(team, Role.VIEWER)))
        yield "v1", Visitor(f"{whose}'s administrator's program", program(team, Role.ADMIN))
    yield "pages", Visitor("an operator, by htmx", for_fragments(visitor(operators)))


def for_fragments(client: Client) -> Client:
    """Return the browser, in which htmx asks for parts of pages from now on."""
    client.defaults |= HTMX
    return client


def test_reading_changes_nothing():
    owner, found = belongings(), set()

    for kind, each in readers(owner):
        for route in addresses.routes():
            if "GET" in understood()[route] and route.startswith("v1/") == (kind == "v1"):
                with written() as tables:
                    each.ask("GET", addresses.filled(route, owner))
                found |= {f"{each.who}: {route} writes {name}" for name in tables if (route, name) not in WRITTEN}

    assert not found, "\n".join(sorted(found))


def test_what_is_written_is_seen():
    """Else nothing would be seen of a GET that does."""
    team = TeamFactory()

    with written() as none:
        TeamFactory._meta.model.objects.get(pk=team.pk)
    with written() as one, connection.cursor() as cursor:
        cursor.execute("UPDATE teams_team SET name = name WHERE id = %s", [team.pk])

    assert (none, one) == (set(), {"teams_team"})
