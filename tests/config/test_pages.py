from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.teams.models import Team
from accounts.users.models import User
from billing.wallets.models import Wallet
from config import onboarding
from gateway_admin.api_keys import services as api_keys
from gateway_admin.schedules.models import Schedule
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.billing import funded_wallet
from tests.factories.marketplace import make_service
from tests.factories.request_logs import call, take_calls
from tests.factories.statements import at, closed, opened, used


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


def make_schedule(team: Team, **facts: object) -> Schedule:
    """Return a call that is made once."""
    once = {"kind": "delayed", "state": "active", "path": "p/x", "schedule": {"schedule_type": "once"}}
    return Schedule.objects.create(team=team, **{**once, **facts})


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

    def test_tells_what_calls_cost_today_and_this_month_there(self, logged_in, team, time_machine):
        wallet = funded_wallet("100", team=team)
        Wallet.objects.filter(pk=wallet.pk).update(time_zone="Europe/Vienna", created_at=at("2026-10-01 00:00"))
        service = make_service(listing={"display_name": "Fresh Chat"})
        used(wallet, 4, at("2026-10-31 22:59"), service_id=service.pk)  # October in Vienna
        used(wallet, 2, at("2026-10-31 23:01"), service_id=service.pk)
        used(wallet, "1.5", at("2026-11-20 22:59"), service_id=service.pk)  # yesterday there
        used(wallet, "0.25", at("2026-11-20 23:01"), service_id=service.pk)
        time_machine.move_to(at("2026-11-21 12:00"), tick=False)

        page = logged_in.get("/")

        (money,) = page.context["money"]
        assert (money.today, money.month, money.wallet.available) == (
            Decimal("0.25"),
            Decimal("3.75"),
            Decimal("92.25"),
        )

    def test_shows_the_last_calls_with_what_they_cost(self, logged_in, team):
        now = timezone.now()
        service = make_service(listing={"display_name": "Fresh Chat"})
        ids = take_calls(
            call(team.pk, now - timedelta(minutes=1), service_id=str(service.pk)),
            call(team.pk, now - timedelta(days=8)),
            call(TeamFactory().pk, now, path="/p/strangers"),
        )

        page = logged_in.get("/").content.decode()

        assert f"/request-logs/{ids[0]}" in page
        assert f"/request-logs/{ids[1]}" not in page
        assert "Fresh Chat" in page
        assert "strangers" not in page

    def test_shows_what_comes_next(self, logged_in, buyer, team):
        now = timezone.now()
        make_schedule(team, name="Nightly report", due_at=now + timedelta(hours=1))
        make_schedule(TeamFactory(), name="Of strangers", due_at=now + timedelta(hours=1))

        page = logged_in.get("/").content.decode()

        assert "Nightly report" in page
        assert "Of strangers" not in page

    def test_asks_little_whatever_there_is(self, logged_in, team, django_assert_max_num_queries):
        wallet = funded_wallet("100", team=team)
        service, now = make_service(), timezone.now()
        logged_in.get("/")
        with CaptureQueriesContext(connection) as few:
            logged_in.get("/")
        take_calls(*(call(team.pk, now - timedelta(minutes=n), service_id=str(service.pk)) for n in range(20)))
        for number in range(10):
            used(wallet, 1, now - timedelta(hours=number), service_id=service.pk)
            make_schedule(team, name=f"s{number}", due_at=now + timedelta(hours=1))

        with django_assert_max_num_queries(min(len(few) + 1, 12)):  # one more for the names of services
            logged_in.get("/")

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
        assert done(buyer, team) == [False] * 6

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

        assert done(buyer, team) == [False, False, False, False, True, False]

    def test_notice_an_answered_call_and_a_paid_one(self, buyer, team):
        wallet = funded_wallet("10", team=team)
        used(wallet, 1, timezone.now(), status=500)
        before = done(buyer, team)
        used(wallet, 0, timezone.now())
        free = done(buyer, team)
        used(wallet, 1, timezone.now())

        assert [steps[2] for steps in (before, free, done(buyer, team))] == [False, True, True]
        assert [steps[5] for steps in (before, free, done(buyer, team))] == [False, False, True]

    def test_remember_a_paid_call_when_its_statement_is_made(self, buyer, team):
        wallet = opened(team, at("2026-09-01 10:00"))
        Wallet.objects.filter(pk=wallet.pk).update(credit_limit=Decimal(10))
        used(wallet, 1, at("2026-09-11 12:00"))
        closed(wallet, at("2026-10-02 12:00"))

        assert done(buyer, team)[5]

    def test_do_not_notice_what_other_teams_do(self, buyer, team):
        stranger = UserFactory()
        other = TeamFactory(owner=stranger)
        funded_wallet("1", team=other)
        api_keys.issue(team=other, role="developer", name="theirs", by=stranger, now=timezone.now())

        assert done(buyer, team) == [False] * 6

    def test_can_be_skipped_one_by_one_and_taken_up_again(self, logged_in):
        def skipped() -> list[str]:
            return [step.slug for step in logged_in.get("/").context["steps"] if step.is_skipped]

        logged_in.post("/onboarding", {"skip": "free"})
        logged_in.post("/onboarding", {"skip": "enroll"})
        logged_in.post("/onboarding", {"skip": "no-such-step"})
        both, page = skipped(), logged_in.get("/")
        logged_in.post("/onboarding", {"resume": "free"})

        assert both == ["free", "enroll"]
        assert "Take it up again" in page.content.decode()
        assert page.context["next_step"] == "email"
        assert skipped() == ["enroll"]

    def test_go_on_when_a_skipped_one_is_done(self, logged_in, buyer):
        logged_in.post("/onboarding", {"skip": "email"})
        EmailAddress.objects.create(user=buyer, email=buyer.email, verified=True)

        (step, *_) = logged_in.get("/").context["steps"]

        assert (step.is_done, step.is_skipped) == (True, False)

    def test_can_be_put_away_and_brought_back(self, logged_in):
        before = logged_in.get("/").content.decode()
        logged_in.post("/onboarding", {"show": "no"})
        away = logged_in.get("/").content.decode()
        logged_in.post("/onboarding", {"show": "yes"})

        assert "Create an API key" in before
        assert "Create an API key" not in away
        assert "Show the first steps" in away
        assert "Create an API key" in logged_in.get("/").content.decode()


class TestAddresses:
    @pytest.mark.parametrize(
        ("asked", "meant"),
        [
            ("/pricing/", "/pricing"),
            ("/pricing//", "/pricing"),
            ("/usage/?month=2026-10&by=a%20b", "/usage?month=2026-10&by=a%20b"),
            ("/admin", "/admin/"),
            ("/docs/", "/docs"),
            ("/docs/nothing", None),
            ("/docs/gateway/", "/docs/gateway"),
            ("/market/acme/chat/?tab=pricing", "/market/acme/chat?tab=pricing"),
            ("/market/acme/chat", None),
            ("/accounts/login", "/accounts/login/"),
            ("/topics/caf%C3%A9s/", None),
            ("/no/such/page/", None),
            ("/v1/services/", None),
        ],
    )
    def test_with_a_slash_too_many_or_too_few_lead_on(self, client, db, asked, meant):
        answer = client.get(asked)
        assert (answer.status_code, answer.headers.get("Location")) == ((301, meant) if meant else (404, None))

    def test_of_the_operators_are_left_to_them(self, client, db):
        assert client.get("/admin/nothing/").status_code == 302  # a log-in first
        client.force_login(UserFactory(is_staff=True, is_superuser=True))
        assert client.get("/admin/nothing/").status_code == 404

    def test_of_others_are_none_of_ours(self, client, db):
        assert client.get("/", PATH_INFO="//evil.example/pricing/").status_code == 404

    def test_take_nothing_that_was_sent_to_another(self, client, db):
        assert client.post("/theme/", {"theme": "dark"}).status_code == 404


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
