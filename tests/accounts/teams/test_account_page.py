"""The page of the account: dialogs name what they end."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.teams import services as teams
from accounts.teams.models import Role
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.visitors import visitor

pytestmark = pytest.mark.django_db


def test_names_what_a_dialog_ends():
    team = TeamFactory(display_name="Acme & Sons")
    teams.add_member(team=team, user=UserFactory(email="bob@acme.example"), role=Role.VIEWER)
    by = team.memberships.get(role=Role.OWNER)
    teams.invite(team=team, email="eve@acme.example", role=Role.VIEWER, by=by, now=timezone.now())

    page = " ".join(visitor(team).get("/teams").content.decode().split())

    assert "Leave “Acme &amp; Sons”?" in page
    assert "Remove bob@acme.example?" in page
    assert "Withdraw the invitation to eve@acme.example?" in page
    assert page.count('<th scope="col">') == 12
