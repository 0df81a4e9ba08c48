from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client, override_settings
from django.urls import reverse

from accounts.teams.models import Team
from accounts.users.models import User
from tests.factories.accounts import TeamFactory, UserFactory

PASSWORD = "correct horse battery staple"


@pytest.fixture
def buyer(db: None) -> User:
    user = UserFactory(email="buyer@example.org")
    TeamFactory(owner=user, personal_for=user)
    return user


@pytest.mark.django_db
class TestSignUp:
    def test_makes_a_person_with_a_team_of_their_own(self, client: Client):
        response = client.post(reverse("account_signup"), {"email": "New@Example.org", "password1": PASSWORD})

        user = User.objects.get(email="new@example.org")
        assert response.status_code == 302
        assert Team.objects.get(personal_for=user).kind == "customer"

    def test_takes_an_address_of_any_length(self, client: Client):
        address = f"{'n' * 200}@example.org"

        assert client.post(reverse("account_signup"), {"email": address, "password1": PASSWORD}).status_code == 302
        assert Team.objects.get(personal_for__email=address).display_name == f"{'n' * 180} (personal)"

    def test_names_every_problem_beside_its_field(self, client: Client):
        page = client.post(reverse("account_signup"), {"email": "nobody", "password1": "tiny!"}).content.decode()

        assert 'href="#id_email"' in page
        assert 'id="id_password1-error"' in page
        assert 'value="nobody"' in page
        assert "tiny!" not in page

    @override_settings(ACCOUNT_EMAIL_VERIFICATION="mandatory", ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED=True)
    def test_asks_for_the_code_that_it_mailed(self, client: Client):
        client.post(reverse("account_signup"), {"email": "new@example.org", "password1": PASSWORD})

        code = re.search(r"^    (\S+)$", mail.outbox[0].body, re.MULTILINE)[1]
        page = client.get(reverse("account_email_verification_sent")).content.decode()
        answer = client.post(reverse("account_email_verification_sent"), {"code": code})

        assert code in mail.outbox[0].subject
        assert "new@example.org" in page
        assert "Enter the code" in page
        assert answer.status_code == 302
        assert client.get("/teams").status_code == 200


class TestLogin:
    def test_lets_in_who_knows_the_password(self, client: Client, buyer):
        client.post(reverse("account_login"), {"login": "buyer@example.org", "password": PASSWORD})

        assert client.get("/teams").status_code == 200

    def test_says_no_more_than_that_it_failed(self, client: Client, buyer):
        known = client.post(reverse("account_login"), {"login": "buyer@example.org", "password": "wrong"})
        unknown = client.post(reverse("account_login"), {"login": "nobody@example.org", "password": "wrong"})

        assert 'role="alert"' in known.content.decode()
        assert _plain(known, "buyer@example.org") == _plain(unknown, "nobody@example.org")

    def test_follows_only_addresses_of_this_site(self, client: Client, buyer):
        form = {"login": "buyer@example.org", "password": PASSWORD, "next": "https://evil.example/"}

        assert client.post(reverse("account_login"), form).url == "/"


class TestLogout:
    def test_asks_first_and_then_forgets(self, client: Client, buyer):
        client.force_login(buyer)

        assert "Log out?" in client.get(reverse("account_logout")).content.decode()
        client.post(reverse("account_logout"))

        assert client.get("/teams").status_code == 302


class TestPasswordReset:
    def test_mails_a_link_that_sets_a_new_one(self, client: Client, buyer):
        client.post(reverse("account_reset_password"), {"email": "buyer@example.org"})
        link = re.search(r"http://testserver(/\S+)", mail.outbox[0].body)[1]

        form_address = client.get(link).url
        new = "another horse battery staple"
        client.post(form_address, {"password1": new, "password2": new})

        assert client.login(email="buyer@example.org", password=new)

    def test_does_not_tell_who_has_an_account(self, client: Client, buyer):
        known = client.post(reverse("account_reset_password"), {"email": "buyer@example.org"})
        unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})

        assert known.url == unknown.url

    def test_is_refused_with_a_page_of_ours_when_it_is_asked_for_too_often(self, client: Client, buyer):
        answers = [client.post(reverse("account_reset_password"), {"email": "often@example.org"}) for _ in range(6)]

        assert [each.status_code for each in answers] == [*[302] * 5, 429]
        page = answers[-1].content.decode()
        assert "Wait a minute" in page
        assert 'class="skip-link"' in page

    def test_explains_a_link_that_does_not_work(self, client: Client, db):
        page = client.get(reverse("account_reset_password_from_key", args=["x", "y-z"])).content.decode()

        assert reverse("account_reset_password") in page


class TestEveryPage:
    @pytest.mark.parametrize(
        "name",
        ["account_login", "account_signup", "account_reset_password", "account_reset_password_done"],
    )
    def test_opens_for_visitors(self, client: Client, db, name):
        page = client.get(reverse(name)).content.decode()

        assert page.count("<h1") == 1
        assert 'class="skip-link"' in page

    @pytest.mark.parametrize(
        "name", ["account_email", "account_change_password", "account_logout", "account_reauthenticate"]
    )
    def test_opens_for_members(self, client: Client, buyer, name):
        client.force_login(buyer)

        response = client.get(reverse(name))

        assert response.status_code == 200
        assert response.content.decode().count("<h1") == 1


def _plain(response, email: str) -> str:
    return re.sub(r'value="[A-Za-z0-9]{64}"', "", response.content.decode()).replace(email, "")
