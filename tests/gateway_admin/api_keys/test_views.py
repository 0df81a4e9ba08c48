"""Pages of API keys: shown once, revoked by name, invisible to others."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from gateway_admin.api_keys import queries
from gateway_admin.api_keys import services as api_keys
from gateway_admin.api_keys.models import ApiKey
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.visitors import HTMX, visitor

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
KEY = re.compile(r"svcpass_[A-Za-z0-9_]{20,}")
FORM = {"name": "ci", "role": "developer", "expires": ""}


@pytest.fixture
def buyer(db):
    return TeamFactory()


@pytest.fixture
def outsider(db):
    return TeamFactory()


def issued(team, **changes):
    values = {"role": "developer", "name": "ci", "by": owner_of(team), "now": NOON, **changes}
    return api_keys.issue(team=team, **values)


class TestList:
    def test_shows_names_and_beginnings_and_never_a_key(self, buyer):
        key, raw = issued(buyer)

        page = visitor(buyer).get("/keys").content.decode()

        assert key.prefix in page
        assert raw not in page

    def test_shows_revoked_and_expired_ones_apart(self, buyer):
        revoked, _ = issued(buyer, name="revoked one")
        api_keys.revoke(key=revoked, now=NOON)
        issued(buyer, name="expired one", now=LONG_AGO, expires_at=LONG_AGO + timedelta(days=1))

        page = visitor(buyer).get("/keys").content.decode()

        assert "No API key yet" in page
        assert page.index("Revoked and expired keys (2)") < page.index("revoked one")

    def test_shows_nothing_of_others(self, buyer, outsider):
        key, _ = issued(buyer, name="production")

        page = visitor(outsider).get("/keys").content.decode()

        assert "production" not in page
        assert key.prefix not in page

    def test_offers_viewers_no_buttons(self, buyer):
        issued(buyer)

        page = visitor(buyer, "viewer").get("/keys").content.decode()

        assert "Revoke" not in page
        assert "New key" not in page

    def test_costs_the_same_for_one_as_for_many(self, buyer, django_assert_num_queries):
        client = visitor(buyer)
        for count in (1, 5):
            for _ in range(count):
                issued(buyer)
            with django_assert_num_queries(4):  # session, user, memberships, keys
                client.get("/keys")


class TestCreate:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_shows_the_key_once_and_keeps_no_copy(self, buyer, headers):
        client = visitor(buyer)

        response = client.post("/keys/new", FORM, **headers)

        raw = KEY.search(response.content.decode())[0]
        key = queries.authenticate(raw, timezone.now())
        assert (key.team, key.name, key.role, key.created_by) == (buyer, "ci", "developer", owner_of(buyer))
        assert raw not in client.get("/keys").content.decode()
        assert "no-store" in response.headers["Cache-Control"]
        assert raw not in str(list(client.session.items()))

    def test_gives_an_expiry_when_asked(self, buyer):
        visitor(buyer).post("/keys/new", FORM | {"expires": "30"})

        left = ApiKey.objects.get().expires_at - timezone.now()
        assert timedelta(days=29) < left <= timedelta(days=30)

    @pytest.mark.parametrize(
        ("wrong", "field"), [({"name": ""}, "name"), ({"role": "king"}, "role"), ({"expires": "-1"}, "expires")]
    )
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_names_what_is_wrong(self, buyer, wrong, field, headers):
        response = visitor(buyer).post("/keys/new", FORM | wrong, **headers)

        assert response.status_code == 422
        assert f'id="id_{field}-error"' in response.content.decode()
        assert not ApiKey.objects.exists()

    def test_gives_nobody_more_than_they_have(self, buyer):
        client = visitor(buyer, "developer")

        assert client.post("/keys/new", FORM | {"role": "owner"}).status_code == 422
        assert client.post("/keys/new", FORM | {"role": "billing"}).status_code == 422
        assert client.post("/keys/new", FORM | {"role": "viewer"}).status_code == 200

    def test_is_refused_to_viewers(self, buyer):
        assert visitor(buyer, "viewer").post("/keys/new", FORM).status_code == 403


class TestRevoke:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_ends_the_key(self, buyer, headers):
        key, raw = issued(buyer)

        response = visitor(buyer).post(f"/keys/{key.pk}/revoke", **headers)

        assert (response.headers.get("HX-Redirect") or response.headers.get("Location")) == "/keys"
        assert queries.authenticate(raw, timezone.now()) is None

    def test_is_asked_with_the_name_of_the_key(self, buyer):
        issued(buyer, name="production")

        assert "Revoke the key “production”?" in visitor(buyer).get("/keys").content.decode()

    def test_does_not_exist_for_outsiders(self, buyer, outsider):
        key, raw = issued(buyer)

        assert visitor(outsider).post(f"/keys/{key.pk}/revoke").status_code == 404
        assert queries.authenticate(raw, timezone.now()) == key
