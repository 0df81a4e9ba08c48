"""Logout here ends the provider's session; logout there ends ours."""

from __future__ import annotations

import re
import time

import httpx
import pytest
from allauth.usersessions.models import UserSession
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from tests.accounts.identities.conftest import Visit, query_of, use
from tests.factories.accounts import TeamFactory, UserFactory
from tests.fakes.issuer import Issuer

BACKCHANNEL = "/accounts/oidc/login/backchannel-logout"


class TestOurs:
    def test_goes_on_to_the_provider_with_its_token(self, visit, provider):
        visit.log_in()

        address = visit.client.post("/accounts/logout/")["Location"]

        sent = query_of(address)
        assert address.startswith(f"{provider}/oauth2/end_session?")
        assert sent["client_id"] == "market"
        assert sent["id_token_hint"].count(".") == 2
        assert not visit.is_in

    def test_comes_back_to_the_marketplace(self, visit, settings):
        visit.log_in()
        page = httpx.get(visit.client.post("/accounts/logout/")["Location"]).text

        back = re.search(r'name="redirect_uri"\s+value="([^"]+)"', page)[1]

        assert back == f"{settings.SITE_URL}/"

    def test_of_a_password_session_stays_here(self, visit):
        user = UserFactory()
        TeamFactory(owner=user, personal_for=user)
        visit.client.force_login(user)

        assert visit.client.post("/accounts/logout/")["Location"] == "/"

    def test_works_while_the_provider_is_away(self, visit, settings):
        visit.log_in()
        use(settings, "http://localhost:9")

        assert visit.client.post("/accounts/logout/")["Location"] == "/"
        assert not visit.is_in


@pytest.fixture
def issuer(db, settings):
    with Issuer() as issuer:
        use(settings, issuer.url)
        yield issuer


def opened(issuer: Issuer, *, sub: str = "u1", sid: str = "") -> Visit:
    """Return a visitor whose session was opened with an identity."""
    visit = Visit(Client())
    user = UserFactory()
    TeamFactory(owner=user, personal_for=user)
    visit.client.force_login(user)
    place = {"iss": issuer.url, "sub": sub, **({"sid": sid} if sid else {})}
    UserSession.objects.create(
        user=user, session_key=visit.client.session.session_key, ip="::1", user_agent="", data=place
    )
    return visit


def told(token: str):
    """Tell us of a logout, as the provider does: without cookies."""
    return Client(enforce_csrf_checks=True).post(BACKCHANNEL, {"logout_token": token})


class TestTheirs:
    def test_of_a_person_ends_all_their_sessions(self, issuer):
        mine, also_mine, others = opened(issuer), opened(issuer), opened(issuer, sub="u2")

        answer = told(issuer.logout_token())

        assert answer.status_code == 200
        assert (mine.is_in, also_mine.is_in, others.is_in) == (False, False, True)

    def test_of_a_session_ends_that_one(self, issuer):
        one, other = opened(issuer, sid="s1"), opened(issuer, sid="s2")

        told(issuer.logout_token(sid="s1"))

        assert (one.is_in, other.is_in) == (False, True)

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"aud": "somebody-else"}, "not signed by the provider for us"),
            ({"iss": "https://evil.example"}, "not signed by the provider for us"),
            ({"leave_out": "jti"}, "not signed by the provider for us"),
            ({"leave_out": "iat"}, "not signed by the provider for us"),
            ({"leave_out": "events"}, "no logout"),
            ({"nonce": "n"}, "the token of a login"),
            ({"leave_out": "sub"}, "names nobody"),
            ({"iat": int(time.time()) - 600}, "too old"),
        ],
    )
    def test_that_does_not_fit_ends_nothing(self, issuer, changes, reason):
        visit = opened(issuer)

        answer = told(issuer.logout_token(**changes))

        assert answer.status_code == 400
        assert reason in answer.json()["error_description"]
        assert visit.is_in

    def test_signed_by_somebody_else_ends_nothing(self, issuer):
        visit = opened(issuer)
        stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)

        assert told(issuer.logout_token(key=stranger)).status_code == 400
        assert visit.is_in

    @pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
    def test_that_is_no_token_ends_nothing(self, issuer, token):
        assert told(token).status_code == 400

    def test_counts_once(self, issuer):
        token = issuer.logout_token()

        assert [told(token).status_code for _ in range(2)] == [200, 400]
