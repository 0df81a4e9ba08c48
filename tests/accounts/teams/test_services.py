"""Teams that are stopped and started again."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.teams import queries
from accounts.teams import services as teams
from accounts.teams.models import Role, Team
from gateway_admin.api_keys import services as api_keys
from gateway_admin.publishing import queries as published
from tests.factories.accounts import TeamFactory, owner_of

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["customer", "seller"])
def team(request: pytest.FixtureRequest) -> Team:
    return TeamFactory(kind=request.param)


def issue(team: Team) -> api_keys.ApiKey:
    key, _ = api_keys.issue(team=team, role=Role.OWNER, name="key", by=None, now=timezone.now())
    return key


class TestDeactivate:
    def test_takes_every_key_and_the_customer_from_the_gateways(self, team):
        keys = [issue(team), issue(team)]

        teams.deactivate(team=team)

        assert [published.body("api_key", key.digest) for key in keys] == [None, None]
        assert published.body("customer", str(team.pk)) is None

    def test_leaves_the_keys_of_others(self, team):
        key = issue(TeamFactory())
        before = published.body("api_key", key.digest)

        teams.deactivate(team=team)

        assert before is not None
        assert published.body("api_key", key.digest) == before

    def test_ends_what_members_do_for_the_team(self, team):
        teams.deactivate(team=team)

        assert not queries.memberships(user=owner_of(team)).exists()

    def test_again_changes_nothing(self, team):
        for _ in range(2):
            assert not teams.deactivate(team=team).is_active


class TestActivate:
    def test_brings_back_the_keys_that_were_not_revoked(self, team):
        kept, revoked = issue(team), issue(team)
        before = published.body("api_key", kept.digest)
        api_keys.revoke(key=revoked, now=timezone.now())
        teams.deactivate(team=team)

        teams.activate(team=team)

        assert published.body("api_key", kept.digest) == before
        assert published.body("api_key", revoked.digest) is None
        assert published.body("customer", str(team.pk))["team_id"] == str(team.pk)
