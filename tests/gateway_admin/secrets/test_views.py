"""Pages of secrets: values go in, names and consents come out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway_admin.secrets import queries
from gateway_admin.secrets import services as secrets
from gateway_admin.secrets.models import Secret
from marketplace.enrollments import services as enrollments
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.marketplace import make_service
from tests.factories.visitors import HTMX, visitor
from tests.fakes import html_form

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CANARY = "canary-4d9f"
FORM = {"name": "GROQ_API_KEY", "kind": "secret", "value": CANARY, "description": "Groq"}


@pytest.fixture
def buyer(db):
    return TeamFactory()


@pytest.fixture
def outsider(db):
    return TeamFactory()


def stored(team, name="GROQ_API_KEY", **changes):
    return secrets.put(team=team, name=name, value=CANARY, by=owner_of(team), now=NOON, **changes)[0]


class TestList:
    def test_shows_variables_and_never_a_secret(self, buyer):
        stored(buyer)
        secrets.put(team=buyer, name="REGION", value="eu-west-1", by=None, now=NOON, sensitive=False)

        page = visitor(buyer).get("/secrets").content.decode()

        assert "GROQ_API_KEY" in page
        assert "eu-west-1" in page
        assert CANARY not in page

    def test_shows_nothing_of_others(self, buyer, outsider):
        stored(buyer)

        assert "GROQ_API_KEY" not in visitor(outsider).get("/secrets").content.decode()

    def test_says_what_to_do_while_there_are_none(self, buyer):
        assert "No secrets yet" in visitor(buyer).get("/secrets").content.decode()

    def test_costs_the_same_for_one_as_for_many(self, buyer, django_assert_num_queries):
        client = visitor(buyer)
        for name in ("ONE", "TWO", "THREE"):
            stored(buyer, name)
            secrets.grant(team=buyer, name=name, host="api.example.com", by=None)
            with django_assert_num_queries(5):  # session, user, memberships, consents, secrets
                client.get("/secrets")


class TestCreate:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_stores_it_sealed(self, buyer, headers):
        response = visitor(buyer).post("/secrets/new", FORM, **headers)

        secret = queries.secret(team=buyer, name="GROQ_API_KEY")
        assert (response.headers.get("HX-Redirect") or response.headers.get("Location")) == "/secrets"
        assert (secret.sensitive, secret.value, secret.description) == (True, "", "Groq")
        assert secret.ciphertext

    def test_stores_a_variable_that_may_be_read(self, buyer):
        visitor(buyer).post("/secrets/new", FORM | {"kind": "variable", "value": " two\r\nlines \r\n"})

        assert queries.secret(team=buyer, name="GROQ_API_KEY").value == "two\nlines"

    def test_takes_the_name_that_a_service_asked_for(self, buyer):
        assert 'value="FEED_TOKEN"' in visitor(buyer).get("/secrets/new?name=FEED_TOKEN").content.decode()

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"name": "groq-key"}, "name"),
            ({"name": "__PLATFORM"}, "name"),
            ({"name": ""}, "name"),
            ({"value": ""}, "value"),
            ({"value": "x" * 4001}, "value"),
            ({"kind": "open"}, "kind"),
        ],
    )
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_names_what_is_wrong_and_never_repeats_the_value(self, buyer, wrong, field, headers):
        response = visitor(buyer).post("/secrets/new", FORM | wrong, **headers)

        page = response.content.decode()
        assert response.status_code == 422
        assert f'id="id_{field}-error"' in page
        assert CANARY not in page
        assert "x" * 4001 not in page
        assert not Secret.objects.exists()

    def test_does_not_overwrite_one_that_is_there(self, buyer):
        stored(buyer)

        assert visitor(buyer).post("/secrets/new", FORM).status_code == 422
        assert queries.secret(team=buyer, name="GROQ_API_KEY").version == 1

    def test_is_refused_to_viewers(self, buyer):
        assert visitor(buyer, "viewer").post("/secrets/new", FORM).status_code == 403


class TestDetail:
    def test_shows_where_it_goes_and_who_sends_it_there(self, buyer):
        stored(buyer)
        secrets.grant(team=buyer, name="GROQ_API_KEY", host="api.groq.com", by=owner_of(buyer))
        channel = {"base_url": "https://other.example/v1", "api_key": "${ customer_secrets.GROQ_API_KEY }"}
        service = make_service(offering={"upstream_access_config": {"default": channel}})
        enrollment = enrollments.enroll(team=buyer, service=service, by=None, parameters={}, now=NOON)

        page = visitor(buyer).get("/secrets/GROQ_API_KEY").content.decode()

        assert "api.groq.com" in page
        assert "other.example" in page
        assert enrollment.code in page
        assert CANARY not in page

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_replaces_the_value(self, buyer, headers):
        stored(buyer)
        form = {"kind": "secret", "value": "new", "description": ""}

        response = visitor(buyer).post("/secrets/GROQ_API_KEY", form, **headers)

        assert (response.headers.get("HX-Redirect") or response.headers.get("Location")) == "/secrets/GROQ_API_KEY"
        secret = queries.secret(team=buyer, name="GROQ_API_KEY")
        assert (secret.version, secret.description) == (2, "")

    def test_does_not_reveal_a_secret_that_becomes_a_variable(self, buyer):
        stored(buyer)

        visitor(buyer).post("/secrets/GROQ_API_KEY", {"kind": "variable", "value": "open", "description": ""})

        assert queries.secret(team=buyer, name="GROQ_API_KEY").value == "open"

    def test_offers_the_value_of_a_variable_for_editing(self, buyer):
        secrets.put(team=buyer, name="REGION", value="eu-west-1", by=None, now=NOON, sensitive=False)

        page = visitor(buyer).get("/secrets/REGION").content.decode()

        assert html_form.posts(page[page.index('id="secret-form"') - 10 :])["value"] == ["eu-west-1"]

    def test_names_what_is_wrong_with_the_new_value(self, buyer):
        stored(buyer)

        response = visitor(buyer).post("/secrets/GROQ_API_KEY", {"kind": "secret", "value": ""})

        assert response.status_code == 422
        assert queries.secret(team=buyer, name="GROQ_API_KEY").version == 1

    def test_is_read_by_viewers_who_may_not_change_it(self, buyer):
        stored(buyer)
        client = visitor(buyer, "viewer")

        assert "Replace the value" not in client.get("/secrets/GROQ_API_KEY").content.decode()
        assert client.post("/secrets/GROQ_API_KEY", {"kind": "secret", "value": "x"}).status_code == 403

    def test_does_not_exist_for_outsiders(self, buyer, outsider):
        stored(buyer)
        client = visitor(outsider)

        assert client.get("/secrets/GROQ_API_KEY").status_code == 404
        assert client.post("/secrets/GROQ_API_KEY", {"kind": "secret", "value": "x"}).status_code == 404


class TestDelete:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_removes_it_with_its_consents(self, buyer, headers):
        stored(buyer)
        secrets.grant(team=buyer, name="GROQ_API_KEY", host="api.groq.com", by=None)

        response = visitor(buyer).post("/secrets/GROQ_API_KEY/delete", **headers)

        assert (response.headers.get("HX-Redirect") or response.headers.get("Location")) == "/secrets"
        assert not queries.secrets(team=buyer).exists()
        assert not queries.grants(team=buyer).exists()

    def test_names_the_services_that_use_it_first(self, db):
        seller = TeamFactory(seller=True)
        stored(seller, "UPSTREAM_KEY")
        channel = {"base_url": "https://api.example.com", "api_key": "${ secrets.UPSTREAM_KEY }"}
        make_service(seller, offering={"upstream_access_config": {"default": channel}})

        page = visitor(seller).get("/secrets/UPSTREAM_KEY").content.decode()

        assert "It is in use. Calls of these fail" in page
        assert "<li>Acme Chat</li>" in page

    def test_does_not_exist_for_outsiders(self, buyer, outsider):
        stored(buyer)

        assert visitor(outsider).post("/secrets/GROQ_API_KEY/delete").status_code == 404
        assert queries.secrets(team=buyer).exists()


class TestConsent:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_is_given_for_a_host(self, buyer, headers):
        stored(buyer)

        visitor(buyer).post("/secrets/GROQ_API_KEY/hosts", {"host": "API.Groq.com"}, **headers)

        grant = queries.grants(team=buyer).get()
        assert (grant.host, grant.granted_by) == ("api.groq.com", owner_of(buyer))

    @pytest.mark.parametrize("headers", [{}, HTMX])
    @pytest.mark.parametrize("host", ["", "https://api.groq.com", "api.groq.com:443", "a b"])
    def test_is_not_given_for_what_is_no_host(self, buyer, host, headers):
        stored(buyer)

        response = visitor(buyer).post("/secrets/GROQ_API_KEY/hosts", {"host": host}, **headers)

        assert response.status_code == 422
        assert 'id="id_host-error"' in response.content.decode()
        assert not queries.grants(team=buyer).exists()

    def test_is_withdrawn(self, buyer):
        stored(buyer)
        secrets.grant(team=buyer, name="GROQ_API_KEY", host="api.groq.com", by=None)

        visitor(buyer).post("/secrets/GROQ_API_KEY/hosts/withdraw", {"host": "api.groq.com"})

        assert not queries.grants(team=buyer).exists()

    @pytest.mark.parametrize("path", ["hosts", "hosts/withdraw"])
    def test_does_not_exist_for_outsiders(self, buyer, outsider, path):
        stored(buyer)
        secrets.grant(team=buyer, name="GROQ_API_KEY", host="api.groq.com", by=None)

        assert visitor(outsider).post(f"/secrets/GROQ_API_KEY/{path}", {"host": "evil.example"}).status_code == 404
        assert queries.grants(team=buyer).count() == 1
