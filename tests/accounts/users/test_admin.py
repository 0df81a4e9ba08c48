"""What operators do with people."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from tests.factories.accounts import TeamFactory, UserFactory
from tests.fakes import html_form

pytestmark = pytest.mark.django_db
LONG = "a long enough pass phrase"


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(UserFactory(operator=True))
    return client


def page(view: str, user: User) -> str:
    return reverse(f"admin:users_user_{view}", args=[user.pk])


def changed(client: Client, user: User, **fields: str) -> dict[str, list[str]]:
    """Return what the page of a person posts with `fields` filled in; an empty one is unticked or emptied."""
    posted = html_form.posts(client.get(page("change", user)).content.decode())
    posted |= {name: [value] for name, value in fields.items() if value}
    return {name: value for name, value in posted.items() if fields.get(name) != ""}


class TestList:
    def test_finds_people_by_address_and_by_team(self, operator):
        buyer = UserFactory(email="buyer@example.org")
        TeamFactory(name="bright-lamps", owner=buyer)
        UserFactory(email="outsider@example.org")
        address = reverse("admin:users_user_changelist")

        for asked in ("BUYER@", "bright-lamps"):
            shown = operator.get(address, {"q": asked}).content.decode()
            assert "buyer@example.org" in shown
            assert "outsider@example.org" not in shown


class TestNewPeople:
    ENTERED = {"email": "New.Person@Example.org", "usable_password": "true", "password1": LONG, "password2": LONG}

    def test_can_log_in_and_have_a_team_of_their_own(self, operator):
        answer = operator.post(reverse("admin:users_user_add"), self.ENTERED)

        person = User.objects.get(email="new.person@example.org")
        assert answer.url == page("change", person)
        assert person.check_password(LONG)
        assert person.personal_team.kind == "customer"
        assert not person.is_staff

    def test_are_not_made_twice_in_another_spelling(self, operator):
        UserFactory(email="new.person@example.org")

        answer = operator.post(reverse("admin:users_user_add"), self.ENTERED)

        assert "already exists" in answer.content.decode()
        assert User.objects.filter(email__iexact="new.person@example.org").count() == 1


class TestChanging:
    def test_keeps_somebody_out(self, operator):
        buyer = UserFactory()
        browser = Client()
        browser.force_login(buyer)

        operator.post(page("change", buyer), changed(operator, buyer, is_active=""))

        buyer.refresh_from_db()
        assert not buyer.is_active
        assert browser.get("/keys").url == "/accounts/login/?next=/keys"

    def test_makes_somebody_an_operator(self, operator):
        buyer = UserFactory()

        operator.post(page("change", buyer), changed(operator, buyer, is_staff="on"))

        buyer.refresh_from_db()
        assert buyer.is_staff

    def test_sets_a_password_by_the_form_for_passwords(self, operator):
        buyer = UserFactory()
        entered = {"usable_password": "true", "password1": LONG, "password2": LONG}

        operator.post(reverse("admin:auth_user_password_change", args=[buyer.pk]), entered)

        buyer.refresh_from_db()
        assert buyer.check_password(LONG)

    def test_gives_no_powers_by_the_hand_of_somebody_without_all_of_them(self, client):
        helper = UserFactory(is_staff=True)
        helper.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
        client.force_login(helper)

        client.post(page("change", helper), changed(client, helper, is_superuser="on", full_name="Helper"))

        helper.refresh_from_db()
        assert (helper.full_name, helper.is_superuser) == ("Helper", False)


class TestDeleting:
    def test_is_refused_for_people_with_teams(self, operator):
        buyer = UserFactory()
        TeamFactory(owner=buyer)

        assert operator.post(page("delete", buyer), {"post": "yes"}).status_code == 403
        assert User.objects.filter(pk=buyer.pk).exists()

    def test_removes_people_without_any(self, operator):
        stranger = UserFactory()

        operator.post(page("delete", stranger), {"post": "yes"})

        assert not User.objects.filter(pk=stranger.pk).exists()

    def test_is_not_offered_for_many_at_once(self, operator):
        stranger = UserFactory()
        chosen = {"action": "delete_selected", "_selected_action": [stranger.pk], "post": "yes"}

        operator.post(reverse("admin:users_user_changelist"), chosen)

        assert User.objects.filter(pk=stranger.pk).exists()
