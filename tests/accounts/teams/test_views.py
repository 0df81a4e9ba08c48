from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from accounts.teams.models import Membership, Role, Team
from accounts.teams.services import add_member
from accounts.users.models import User
from tests.factories.accounts import TeamFactory, UserFactory

HTMX = {"HX-Request": "true"}


@pytest.fixture
def buyer(db: None) -> User:
    return UserFactory(email="buyer@example.org")


@pytest.fixture
def own_team(buyer: User) -> Team:
    return TeamFactory(owner=buyer, display_name="Buyers Ltd")


@pytest.fixture
def second_team(buyer: User) -> Team:
    team = TeamFactory(seller=True, display_name="Second Inc")
    add_member(team=team, user=buyer, role=Role.DEVELOPER)
    return team


@pytest.fixture
def logged_in(client: Client, buyer: User, own_team: Team) -> Client:
    client.force_login(buyer)
    return client


class TestTeamDetail:
    def test_shows_the_members_and_the_other_accounts(self, logged_in, own_team, second_team):
        add_member(team=own_team, user=UserFactory(email="colleague@example.org"), role=Role.VIEWER)

        page = logged_in.get(reverse("teams:detail")).content.decode()

        assert "colleague@example.org" in page
        assert "Viewer" in page
        assert "Second Inc" in page

    def test_shows_nothing_of_other_teams(self, logged_in):
        TeamFactory(display_name="Strangers", owner=UserFactory(email="outsider@example.org"))

        page = logged_in.get(reverse("teams:detail")).content.decode()

        assert "Strangers" not in page
        assert "outsider@example.org" not in page

    def test_sends_visitors_to_the_login(self, client, db):
        response = client.get(reverse("teams:detail"))

        assert response.status_code == 302
        assert response.url == f"{reverse('account_login')}?next=/teams"

    def test_reads_as_often_for_many_members_as_for_few(self, logged_in, own_team, django_assert_num_queries):
        with django_assert_num_queries(5):
            logged_in.get(reverse("teams:detail"))
        for _ in range(5):
            add_member(team=own_team, user=UserFactory(), role=Role.VIEWER)

        with django_assert_num_queries(5):
            logged_in.get(reverse("teams:detail"))


class TestTeamSwitch:
    def test_changes_whom_every_page_speaks_for(self, logged_in, own_team, second_team):
        response = logged_in.post(reverse("teams:switch"), {"team": second_team.pk}, follow=True)

        assert response.wsgi_request.team == second_team
        assert "You now act for Second Inc." in response.content.decode()

    def test_gives_the_session_a_new_key(self, logged_in, second_team):
        before = logged_in.session.session_key

        logged_in.post(reverse("teams:switch"), {"team": second_team.pk})

        assert logged_in.session.session_key != before

    @pytest.mark.parametrize("team", ["", "x", "7d0d8e0e-0000-4000-8000-000000000001"])
    def test_knows_only_own_teams(self, logged_in, team):
        assert logged_in.post(reverse("teams:switch"), {"team": team}).status_code == 404

    def test_says_the_same_of_a_strangers_team(self, logged_in):
        stranger = TeamFactory()

        assert logged_in.post(reverse("teams:switch"), {"team": stranger.pk}).status_code == 404

    def test_does_not_happen_by_a_link(self, logged_in, second_team):
        assert logged_in.get(reverse("teams:switch"), {"team": second_team.pk}).status_code == 405

    def test_ends_with_the_membership(self, logged_in, own_team, second_team, buyer):
        logged_in.post(reverse("teams:switch"), {"team": second_team.pk})
        Membership.objects.get(team=second_team, user=buyer).delete()

        assert logged_in.get("/teams").wsgi_request.team == own_team

    def test_needs_a_login(self, client, second_team):
        client.logout()

        response = client.post(reverse("teams:switch"), {"team": second_team.pk})

        assert response.status_code == 302
        assert response.url.startswith(reverse("account_login"))


class TestTeamCreate:
    FORM = {"display_name": "Acme Research", "kind": "seller", "name": "acme-research"}

    def test_makes_the_visitor_its_owner_and_switches(self, logged_in, buyer):
        response = logged_in.post(reverse("teams:create"), self.FORM, follow=True)

        team = Team.objects.get(name="acme-research")
        assert Membership.objects.get(team=team, user=buyer).role == Role.OWNER
        assert response.wsgi_request.team == team
        assert team.is_seller

    def test_sends_htmx_on(self, logged_in):
        response = logged_in.post(reverse("teams:create"), self.FORM, headers=HTMX)

        assert response.headers["HX-Redirect"] == reverse("teams:detail")

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_shows_a_taken_name_beside_its_field(self, logged_in, headers):
        TeamFactory(name="Acme-Research")

        response = logged_in.post(reverse("teams:create"), self.FORM, headers=headers)

        page = response.content.decode()
        assert response.status_code == 422
        assert "is taken" in page
        assert 'aria-describedby="id_name-help id_name-error"' in page
        assert 'value="Acme Research"' in page
        assert ("<html" in page) is not bool(headers)

    def test_never_verifies_anybody(self, logged_in):
        logged_in.post(reverse("teams:create"), {**self.FORM, "is_verified": "on"})

        assert not Team.objects.get(name="acme-research").is_verified


class TestPersonalTeam:
    def test_comes_first(self, client, buyer):
        TeamFactory(owner=buyer, name="aaa-first-by-name")
        personal = TeamFactory(owner=buyer, name="zzz-personal", personal_for=buyer)
        client.force_login(buyer)

        assert client.get("/teams").wsgi_request.team == personal

    def test_is_missing_for_visitors(self, client, db):
        request = client.get("/market").wsgi_request

        assert isinstance(request.user, AnonymousUser)
        assert (request.team, request.memberships) == (None, [])
