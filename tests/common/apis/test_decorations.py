"""Headers of single endpoints: ETags that save an answer, and words about endpoints that are old."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.teams.models import Role
from gateway_admin.api_keys import services as api_keys
from marketplace.catalog.models import Service
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON
from tests.factories.marketplace import make_service

pytestmark = pytest.mark.django_db


class TestETags:
    @pytest.fixture
    def service(self) -> Service:
        return make_service()

    def test_save_the_answer_of_whoever_has_it(self, service):
        first = Client().get(f"/v1/services/{service.pk}")
        again = Client().get(f"/v1/services/{service.pk}", headers={"If-None-Match": first.headers["ETag"]})

        assert (first.status_code, again.status_code) == (200, 304)
        assert again.content == b""
        assert again.headers["ETag"] == first.headers["ETag"]
        assert first.headers["Cache-Control"] == "no-cache"

    def test_change_with_the_content(self, service):
        first = Client().get(f"/v1/services/{service.pk}")
        Service.objects.filter(pk=service.pk).update(display_name="Another name")

        again = Client().get(f"/v1/services/{service.pk}", headers={"If-None-Match": first.headers["ETag"]})

        assert again.status_code == 200
        assert again.headers["ETag"] != first.headers["ETag"]


class TestOldEndpoints:
    def test_say_since_when_they_are_old_and_what_does_the_same(self):
        _, text = api_keys.issue(team=TeamFactory(), role=Role.OWNER, name="program", by=None, now=NOON)
        client = Client(headers={"Authorization": f"Bearer {text}"})

        old = client.post("/v1/secrets/", {"name": "REGION", "value": "eu"}, content_type="application/json")
        new = client.put("/v1/secrets/REGION", {"value": "us"}, content_type="application/json")
        switches = [client.post(f"/v1/request-logs/{each}").headers for each in ("start", "stop")]

        assert (old.status_code, new.status_code) == (201, 200)
        assert {(each["Deprecation"], each["Link"]) for each in switches} == {
            ("@1767225600", '</v1/preferences/request-log>; rel="successor-version"')
        }
        assert old.headers["Deprecation"] == "@1767225600"  # 1 January 2026, 00:00 UTC
        assert old.headers["Link"] == '</v1/secrets/{name}>; rel="successor-version"'
        assert "Deprecation" not in new.headers
