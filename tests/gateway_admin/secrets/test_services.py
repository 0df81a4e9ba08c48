"""Secrets: values go in, sealed; none comes out of the control plane."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from accounts.teams.models import Team
from common import ports
from common.errors import NotFound
from domain import sealing
from gateway_admin.publishing import queries as published
from gateway_admin.secrets import queries, services
from gateway_admin.secrets.models import Secret, SecretGrant
from tests.factories.accounts import TeamFactory

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CANARY = "canary-5fb1"
pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer() -> Team:
    return TeamFactory()


def put(team: Team, name: str = "OPENAI_API_KEY", value: str = CANARY, **changes) -> Secret:
    return services.put(team=team, name=name, value=value, by=None, now=NOW, **changes)[0]


def opened(secret: Secret) -> str:
    sealed = sealing.Sealed(secret.key_id, secret.sealed_key, secret.ciphertext)
    bound_to = sealing.binding(owner=str(secret.team_id), name=secret.name, version=secret.version)
    return sealing.unseal(sealed, private_key=os.environ["SECRETS_PRIVATE_KEYS"], bound_to=bound_to)


class TestPut:
    def test_stores_what_only_the_gateway_can_open(self, buyer):
        secret = put(buyer)
        assert CANARY not in str(Secret.objects.filter(pk=secret.pk).values().get())
        assert opened(secret) == CANARY

    def test_makes_a_new_version_of_the_same_row(self, buyer):
        first = put(buyer)
        second, created = services.put(team=buyer, name=first.name, value="other", by=None, now=NOW)
        assert (second.pk, second.version, created) == (first.pk, 2, False)
        assert opened(second) == "other"

    def test_publishes_ciphertext_and_the_name(self, buyer):
        put(buyer)
        record = published.body("secret", f"{buyer.pk}/OPENAI_API_KEY")
        assert CANARY not in str(record)
        assert record["ciphertext"]
        assert published.body("customer", str(buyer.pk))["secret_names"] == ["OPENAI_API_KEY"]

    def test_keeps_a_variable_in_clear(self, buyer):
        variable = put(buyer, "REGION", "eu", sensitive=False)
        assert (variable.value, variable.ciphertext) == ("eu", "")

    def test_forgets_the_clear_value_when_a_variable_becomes_a_secret(self, buyer):
        put(buyer, "REGION", "eu", sensitive=False)
        secret = put(buyer, "REGION", CANARY, sensitive=True)
        assert (secret.value, opened(secret)) == ("", CANARY)

    def test_keeps_the_description_unless_one_is_given(self, buyer):
        put(buyer, description="for tests")
        assert put(buyer).description == "for tests"
        assert put(buyer, description="").description == ""

    @pytest.mark.parametrize(
        ("name", "error"),
        [
            ("lower", services.SecretNameInvalid),
            ("1ST", services.SecretNameInvalid),
            ("A-B", services.SecretNameInvalid),
            ("", services.SecretNameInvalid),
            ("Ä", services.SecretNameInvalid),
            ("A" * 101, services.SecretNameInvalid),
            ("__EMAIL", services.SecretNameReserved),
        ],
    )
    def test_refuses_a_bad_name(self, buyer, name, error):
        with pytest.raises(error):
            put(buyer, name)

    @pytest.mark.parametrize("value", ["x" * 4001, "a\x00b"])
    def test_refuses_a_bad_value_without_showing_it(self, buyer, value):
        with pytest.raises(services.SecretValueInvalid) as refused:
            put(buyer, value=value)
        assert value not in refused.value.message

    def test_cannot_be_stored_in_clear_by_any_other_way(self, buyer):
        secret = put(buyer)
        with pytest.raises(IntegrityError), transaction.atomic():
            Secret.objects.filter(pk=secret.pk).update(value="clear")


class TestDelete:
    def test_removes_the_secret_and_its_consents(self, buyer):
        put(buyer)
        services.grant(team=buyer, name="OPENAI_API_KEY", host="api.example.com", by=None)
        services.delete(team=buyer, name="OPENAI_API_KEY")
        assert not SecretGrant.objects.exists()
        assert published.body("secret", f"{buyer.pk}/OPENAI_API_KEY") is None

    def test_does_not_reach_another_team(self, buyer):
        put(buyer)
        with pytest.raises(NotFound):
            services.delete(team=TeamFactory(), name="OPENAI_API_KEY")
        assert queries.secret(team=buyer, name="OPENAI_API_KEY")


class TestGrant:
    def test_tells_the_gateway_where_a_secret_may_go(self, buyer):
        put(buyer)
        services.grant(team=buyer, name="OPENAI_API_KEY", host="API.Example.com.", by=None)
        assert published.body("secret", f"{buyer.pk}/OPENAI_API_KEY")["hosts"] == ["api.example.com"]

    def test_is_taken_back(self, buyer):
        put(buyer)
        services.grant(team=buyer, name="OPENAI_API_KEY", host="api.example.com", by=None)
        services.withdraw_grant(team=buyer, name="OPENAI_API_KEY", host="api.example.com")
        assert published.body("secret", f"{buyer.pk}/OPENAI_API_KEY")["hosts"] == []

    @pytest.mark.parametrize("host", ["", "https://x.example", "a b", "x.example/path", "x.example:1"])
    def test_refuses_what_is_no_host_name(self, buyer, host):
        with pytest.raises(services.HostInvalid):
            services.grant(team=buyer, name="OPENAI_API_KEY", host=host, by=None)


class TestPort:
    def test_tells_other_floors_which_names_there_are(self, buyer):
        put(buyer)
        assert ports.secret_names(buyer.pk) == {"OPENAI_API_KEY"}
