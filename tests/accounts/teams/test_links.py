"""Links in mails that open a page for the team that it is about."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core import signing
from django.test import Client

from accounts.teams import links
from accounts.teams.middleware import SESSION_KEY
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.visitors import visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return UserFactory()


def path(team) -> str:
    return links.address(team, "/wallet").removeprefix(settings.SITE_URL)


class TestLinks:
    def test_open_the_page_for_the_team(self, person):
        first, second = TeamFactory(owner=person), TeamFactory(owner=person)
        client = visitor(first)

        response = client.get(path(second))

        assert response.headers["Location"] == "/wallet"
        assert client.session[SESSION_KEY] == str(second.pk)

    def test_are_for_members_who_are_logged_in(self, person):
        team, other = TeamFactory(owner=person), TeamFactory()
        assert Client().get(path(team)).headers["Location"].startswith("/accounts/login/")
        client = visitor(other)

        assert client.get(path(team)).status_code == 404
        assert client.session[SESSION_KEY] == str(other.pk)

    def test_are_made_by_us_and_end(self, person, monkeypatch):
        team = TeamFactory(owner=person)
        client, real = visitor(team), path(team)
        forged = signing.dumps([str(team.pk), "https://evil.example"], salt="something else")
        assert client.get(f"/teams/open/{forged}").status_code == 404
        assert client.get(f"{real}x").status_code == 404

        monkeypatch.setattr(links, "_SECONDS", -1)

        assert client.get(real).status_code == 404


class TestPerson:
    def test_says_a_name_and_which_mails_they_want(self, person):
        team = TeamFactory(owner=person)
        client = visitor(team)
        assert client.post("/teams/me", {"full_name": "Ada", "message_mails": "some"}).status_code == 422

        client.post("/teams/me", {"full_name": "  Ada   Lovelace ", "message_mails": "none"})

        person.refresh_from_db()
        assert person.full_name == "Ada Lovelace"
        assert team.memberships.get(user=person).message_mails == "none"
