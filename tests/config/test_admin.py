"""The operators' pages: every registered table can be listed and read by operators, and by nobody else."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.users.models import User
from tests.factories.accounts import UserFactory, owner_of
from tests.factories.belongings import Belongings, belongings

pytestmark = pytest.mark.django_db
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def rows() -> Belongings:
    """At least one row of every table that operators see."""
    made = belongings()
    buyer = owner_of(made.buyer)
    EmailAddress.objects.create(user=buyer, email="buyer@vermilion.example")
    SocialAccount.objects.create(user=buyer, provider="login", uid="vermilion")
    UserSession.objects.create(user=buyer, session_key="vermilion-session", ip="127.0.0.1")
    Group.objects.create(name="Support")
    return made


@pytest.fixture
def operator() -> User:
    return UserFactory(operator=True)


def page(model: type[Model], view: str, *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=[*map(quote, arguments)])


def rows_and_lists() -> list[str]:
    """Return the address of each list and of one row of each."""
    return [page(model, "changelist") for model in MODELS] + [
        page(model, "change", model._default_manager.latest("pk").pk) for model in MODELS
    ]


def answers(client: Client, addresses: list[str]) -> dict[str, int]:
    return {address: client.get(address).status_code for address in addresses}


class TestEveryTable:
    def test_is_listed_and_read_by_operators(self, client, operator, rows):
        client.force_login(operator)

        assert {each: code for each, code in answers(client, rows_and_lists()).items() if code != 200} == {}

    def test_is_searched_by_operators(self, client, operator, rows):
        client.force_login(operator)
        searched = [model for model in MODELS if admin.site._registry[model].search_fields]

        found = answers(client, [f"{page(model, 'changelist')}?q=vermilion" for model in searched])

        assert {each: code for each, code in found.items() if code != 200} == {}

    def test_has_a_form_for_new_rows_where_operators_may_add(self, client, operator):
        client.force_login(operator)
        request = RequestFactory().get("/")
        request.user = operator
        wanted = {
            page(model, "add"): 200 if admin.site._registry[model].has_add_permission(request) else 403
            for model in MODELS
        }

        assert answers(client, list(wanted)) == wanted

    @pytest.mark.parametrize("who", ["anybody", "owner"])
    def test_is_for_nobody_else(self, client, rows, who):
        if who == "owner":
            client.force_login(owner_of(rows.seller))
        addresses = [*rows_and_lists(), *(page(model, "add") for model in MODELS)]

        sent_away = {address: client.get(address).headers.get("Location") for address in addresses}

        assert sent_away == {address: f"/admin/login/?next={address}" for address in addresses}


class TestASession:
    def test_is_shown_without_its_key(self, client, operator, rows):
        client.force_login(operator)
        session = UserSession.objects.get(session_key="vermilion-session")

        shown = client.get(page(UserSession, "change", session.pk))

        assert shown.status_code == 200
        assert "vermilion-session" not in shown.content.decode()


class TestIndex:
    def test_loads_for_operators(self, client, operator):
        client.force_login(operator)

        assert client.get("/admin/").status_code == 200

    def test_asks_others_to_log_in(self, client):
        assert client.get("/admin/").url == "/admin/login/?next=/admin/"
