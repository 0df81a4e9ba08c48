from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from accounts.teams.models import Team
from accounts.users.models import User
from config import onboarding
from gateway_admin.api_keys import services as api_keys
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.billing import funded_wallet
from tests.factories.marketplace import make_service


@pytest.fixture
def buyer(db: None) -> User:
    return UserFactory(email="buyer@example.org")


@pytest.fixture
def team(buyer: User) -> Team:
    return TeamFactory(owner=buyer)


@pytest.fixture
def logged_in(client: Client, buyer: User, team: Team) -> Client:
    client.force_login(buyer)
    return client


def done(user: User, team: Team) -> list[bool]:
    return [step.is_done for step in onboarding.steps(user=user, team=team, now=timezone.now())]


class TestHome:
    def test_tells_visitors_what_this_is_and_what_is_new(self, client, db):
        make_service(listing={"display_name": "Fresh Chat"})

        page = client.get("/").content.decode()

        assert "One key, one gateway, one bill" in page
        assert "Fresh Chat" in page
        assert "/accounts/signup/" in page

    def test_tells_members_their_numbers(self, logged_in, team):
        funded_wallet("12.5", team=team)

        page = logged_in.get("/").content.decode()

        assert '<data class="money" value="12.500000000000">12.50 USD</data>' in page
        assert "No calls yet" in page

    def test_tells_sellers_where_their_services_stand(self, client, buyer):
        seller = TeamFactory(seller=True, owner=buyer)
        make_service(seller, status="review", listing={"display_name": "Waiting Chat"})
        make_service(listing={"display_name": "Strangers Chat"})
        client.force_login(buyer)

        page = client.get("/").content.decode()

        assert "Waiting Chat" in page
        assert "In review" in page
        assert "Strangers Chat" not in page

    def test_answers_head_requests(self, client, db):
        assert client.head("/").status_code == 200


class TestFirstSteps:
    def test_begin_with_nothing_done(self, buyer, team):
        assert done(buyer, team) == [False] * 5

    def test_notice_a_verified_address(self, buyer, team):
        EmailAddress.objects.create(user=buyer, email=buyer.email, verified=True)

        assert done(buyer, team)[0]

    def test_notice_a_live_key_but_not_one_that_ended(self, buyer, team):
        past = timezone.now() - timedelta(days=1)
        api_keys.issue(
            team=team, role="developer", name="old", by=buyer, now=past, expires_at=past + timedelta(hours=1)
        )
        before = done(buyer, team)[1]
        api_keys.issue(team=team, role="developer", name="new", by=buyer, now=timezone.now())

        assert (before, done(buyer, team)[1]) == (False, True)

    def test_notice_money(self, buyer, team):
        funded_wallet("1", team=team)

        assert done(buyer, team)[3]

    def test_do_not_notice_what_other_teams_do(self, buyer, team):
        stranger = UserFactory()
        other = TeamFactory(owner=stranger)
        funded_wallet("1", team=other)
        api_keys.issue(team=other, role="developer", name="theirs", by=stranger, now=timezone.now())

        assert done(buyer, team) == [False] * 5

    def test_can_be_put_away_and_brought_back(self, logged_in):
        before = logged_in.get("/").content.decode()
        logged_in.post("/onboarding", {"show": "no"})
        away = logged_in.get("/").content.decode()
        logged_in.post("/onboarding", {"show": "yes"})

        assert "Create an API key" in before
        assert "Create an API key" not in away
        assert "Show the first steps" in away
        assert "Create an API key" in logged_in.get("/").content.decode()


@pytest.mark.django_db
class TestTheme:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_is_painted_by_the_server(self, client, theme):
        client.post("/theme", {"theme": theme})

        assert f'<html lang="en" data-theme="{theme}">' in client.get("/market").content.decode()

    @pytest.mark.parametrize("theme", ["", "purple", '"><script>'])
    def test_is_the_systems_unless_it_is_known(self, client, theme):
        client.post("/theme", {"theme": theme})
        client.cookies["theme"] = theme

        assert '<html lang="en">' in client.get("/market").content.decode()

    @pytest.mark.parametrize(
        ("written", "followed"),
        [("/market?q=a", "/market?q=a"), ("https://evil.example", "/"), ("//evil.example", "/"), ("", "/")],
    )
    def test_returns_only_to_this_site(self, client, written, followed):
        assert client.post("/theme", {"theme": "dark", "next": written}).url == followed


@pytest.mark.django_db
class TestHeaders:
    def test_allow_no_inline_script_or_style(self, client):
        policy = client.get("/market").headers["Content-Security-Policy"]

        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy

    def test_pages_hold_none(self, client):
        make_service()
        for path in ("/", "/market", "/accounts/login/", "/nothing-here"):
            page = client.get(path).content.decode()
            assert " style=" not in page
            assert " onclick=" not in page
            assert "<script>" not in page
