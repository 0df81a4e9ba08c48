"""Login through a real identity provider."""

from __future__ import annotations

import base64
import hashlib

import httpx
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts.teams.models import Team
from accounts.users.models import User
from tests.accounts.identities.conftest import Visit, query_of, use
from tests.factories.accounts import TeamFactory, UserFactory
from tests.fakes.issuer import Issuer

PASSWORD = "correct horse battery staple"


class TestTheFirstTime:
    def test_makes_a_person_with_a_verified_address_and_a_team(self, visit):
        visit.log_in()

        user = User.objects.get()
        assert visit.is_in
        assert (user.email, user.full_name) == ("alice@example.org", "Alice A.")
        assert EmailAddress.objects.get(user=user).verified
        assert Team.objects.get(personal_for=user).kind == "customer"

    def test_keeps_issuer_and_subject_as_the_identity(self, visit, provider):
        visit.log_in()

        assert SocialAccount.objects.get().uid == f"{provider} alice"

    def test_needs_an_address_that_the_provider_has_verified(self, visit, claims):
        claims("bob", email="bob@example.org", email_verified=False)
        visit.sub = "bob"

        answer = visit.log_in()

        assert answer["Location"] == "/accounts/login/"
        assert "has not verified your e-mail address" in visit.client.get("/accounts/login/").content.decode()
        assert not User.objects.exists()

    def test_does_not_open_an_account_that_has_the_address(self, visit):
        TeamFactory(owner=(owner := UserFactory(email="alice@example.org")))
        EmailAddress.objects.create(user=owner, email="alice@example.org", verified=True, primary=True)

        visit.log_in()

        assert not visit.is_in
        assert "link Example ID under Account" in visit.client.get("/accounts/login/").content.decode()
        assert not SocialAccount.objects.exists()


class TestAgain:
    def test_is_the_same_person_whatever_their_address_is_now(self, visit, claims):
        claims("carol", email="carol@example.org", email_verified=True)
        visit.sub = "carol"
        visit.log_in()
        claims("carol", email="married@example.org", email_verified=True)

        again = Visit(Client(), "carol")
        again.log_in()

        assert again.is_in
        assert User.objects.get().email == "carol@example.org"

    def test_another_subject_with_the_same_address_is_somebody_else(self, visit, claims):
        claims("dave", email="dave@example.org", email_verified=True)
        claims("impostor", email="dave@example.org", email_verified=True)
        Visit(Client(), "dave").log_in()

        impostor = Visit(Client(), "impostor")
        impostor.log_in()

        assert not impostor.is_in
        assert SocialAccount.objects.count() == 1


class TestTheRequest:
    def test_carries_state_nonce_and_a_challenge(self, visit):
        sent = query_of(visit.start())

        assert {"state", "nonce", "code_challenge"} <= set(sent)
        assert (sent["code_challenge_method"], sent["response_type"]) == ("S256", "code")
        assert sent["redirect_uri"] == "http://testserver/accounts/oidc/login/callback"

    def test_keeps_the_word_that_the_challenge_is_of(self, visit):
        sent = query_of(visit.start())

        (entry,) = visit.client.session["socialaccount_states"].values()
        digest = hashlib.sha256(entry[0]["pkce_code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == sent["code_challenge"]

    def test_names_a_broker_that_was_set_up_and_no_other(self, visit):
        assert query_of(visit.start(broker="google"))["kc_idp_hint"] == "google"
        assert "kc_idp_hint" not in query_of(visit.start(broker="evil"))

    def test_takes_nothing_else_from_the_address(self, visit):
        answer = visit.client.post(
            "/accounts/oidc/login/login?auth_params=prompt%3Dnone%26nonce%3Dx&scope=offline_access"
        )

        sent = query_of(answer["Location"])
        assert set(sent["scope"].split()) == {"openid", "profile", "email"}
        assert "prompt" not in sent
        assert sent["nonce"] != "x"

    def test_is_not_made_by_a_link(self, visit):
        answer = visit.client.get("/accounts/oidc/login/login")

        assert answer.status_code == 200
        assert "Log in with Example ID?" in answer.content.decode()


class TestTheAnswer:
    def test_with_another_state_is_refused(self, visit):
        back = visit.consent(visit.start())

        answer = visit.come_back(back.replace("state=", "state=x"))

        assert "The login did not work" in answer.content.decode()
        assert not visit.is_in

    def test_of_another_browser_is_refused(self, visit):
        back = visit.consent(visit.start())

        Visit(stranger := Client()).come_back(back)

        assert stranger.get("/teams").status_code == 302

    def test_with_another_nonce_is_refused(self, visit):
        back = visit.consent(visit.start())
        session = visit.client.session
        for entry in session["socialaccount_states"].values():
            entry[0]["nonce"] = "another"
        session.save()

        assert "The login did not work" in visit.come_back(back).content.decode()

    def test_works_once(self, visit):
        back = visit.consent(visit.start())
        visit.come_back(back)

        assert "The login did not work" in visit.come_back(back).content.decode()

    def test_that_was_denied_says_so(self, visit):
        back = httpx.post(visit.start(), data={"action": "deny"}).headers["location"]
        state = query_of(visit.start())["state"]

        answer = visit.client.get("/accounts/oidc/login/callback", {"error": query_of(back)["error"], "state": state})

        assert "Nothing has changed" in visit.client.get(answer["Location"]).content.decode()

    @pytest.mark.django_db
    def test_of_a_provider_that_calls_itself_otherwise_is_refused(self, settings):
        with Issuer() as issuer:
            use(settings, issuer.url)
            issuer.description = lambda: {"issuer": "https://evil.example"}
            answer = Client().post("/accounts/oidc/login/login")

        assert "The login did not work" in answer.content.decode()

    def test_of_a_provider_that_is_away_says_so(self, visit, settings):
        use(settings, "http://localhost:9")

        answer = visit.client.post("/accounts/oidc/login/login")

        assert "It may be away" in answer.content.decode()


class TestLinking:
    @pytest.fixture
    def member(self, visit):
        user = UserFactory(email="member@example.org")
        TeamFactory(owner=user, personal_for=user)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        visit.client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
        return user

    def test_lets_one_log_in_either_way(self, visit, member):
        visit.log_in(process="connect")

        again = Visit(Client())
        again.log_in()

        assert again.client.get("/teams").context["user"] == member
        assert "Alice@Example.org" in visit.client.get("/accounts/3rdparty/").content.decode()

    def test_an_identity_of_somebody_else_is_refused(self, visit, member):
        Visit(Client()).log_in()

        visit.log_in(process="connect")

        assert SocialAccount.objects.get().user != member

    def test_is_undone_while_a_password_is_left(self, visit, member):
        visit.log_in(process="connect")

        visit.client.post("/accounts/3rdparty/", {"account": SocialAccount.objects.get().pk})

        assert not SocialAccount.objects.exists()

    def test_the_last_way_in_stays(self, visit):
        visit.log_in()

        page = visit.client.post("/accounts/3rdparty/", {"account": SocialAccount.objects.get().pk})

        assert SocialAccount.objects.exists()
        assert "This is your only way to log in" in page.content.decode()

    def test_anothers_identity_cannot_be_unlinked(self, visit, member):
        Visit(Client()).log_in()

        visit.client.post("/accounts/3rdparty/", {"account": SocialAccount.objects.get().pk})

        assert SocialAccount.objects.exists()


class TestThePages:
    def test_offer_the_provider_and_its_brokers(self, visit):
        for address in ("/accounts/login/", "/accounts/signup/"):
            page = visit.client.get(address).content.decode()
            assert "Continue with Google" in page
            assert "broker=google" in page

    @pytest.mark.django_db
    def test_offer_nothing_when_there_is_none(self):
        assert "Continue with" not in Client().get("/accounts/login/").content.decode()
        assert Client().post("/accounts/oidc/login/login").status_code == 404

    def test_of_sessions_end_the_others(self, visit):
        visit.log_in()
        other = Visit(Client())
        other.log_in()

        assert visit.client.get("/accounts/sessions/").content.decode().count('<li class="rounded-box') == 2
        visit.client.post("/accounts/sessions/")

        assert (visit.is_in, other.is_in) == (True, False)

    def test_a_switch_of_teams_keeps_what_is_known_of_the_session(self, visit):
        visit.log_in()
        TeamFactory(owner=(user := User.objects.get()))

        visit.client.post("/teams/switch", {"team": str(Team.objects.exclude(personal_for=user).get().pk)})

        assert UserSession.objects.get().session_key == visit.client.session.session_key
        assert UserSession.objects.get().data["sub"] == "alice"
