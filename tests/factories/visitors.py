"""Browsers with somebody logged in."""

from __future__ import annotations

from django.test import Client

from accounts.teams import services as teams
from accounts.teams.middleware import SESSION_KEY
from accounts.teams.models import Role, Team
from tests.factories.accounts import UserFactory, owner_of

#: What htmx sends with a request for a part of a page.
HTMX = {"HTTP_HX_REQUEST": "true"}


def visitor(team: Team, role: str = Role.OWNER) -> Client:
    """Return a browser in which a member of `team` is logged in and acts for it."""
    user = owner_of(team)
    if role != Role.OWNER:
        user = UserFactory()
        teams.add_member(team=team, user=user, role=role)
    client = Client()
    client.force_login(user)
    session = client.session
    session[SESSION_KEY] = str(team.pk)
    session.save()
    return client
