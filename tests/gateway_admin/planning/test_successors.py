"""What `resolve` says of a path that a service has left and another one has taken."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from accounts.teams.models import Role, Team
from gateway_admin.api_keys import services as api_keys
from marketplace.catalog import services as catalog
from marketplace.catalog.models import Service
from marketplace.enrollments import services as enrollments
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON, funded_wallet
from tests.factories.marketplace import make_service

pytestmark = pytest.mark.django_db
KEY = {"model": "small"}


def called(team: Team, path: str, key: dict[str, str] | None = None) -> str:
    """Return the id of the service that a call of the team would reach, or the code of its refusal."""
    _, word = api_keys.issue(team=team, role=Role.OWNER, name="program", by=None, now=NOON)
    body = json.dumps({"path": path, "routing_key": key})
    told = Client().post(
        "/v1/resolve", body, content_type="application/json", headers={"Authorization": f"Bearer {word}"}
    )
    return told.json()["selected"]["service_id"] if told.status_code == 200 else told.json()["code"]


def buyer() -> Team:
    return funded_wallet("10", team=TeamFactory()).team


def sold(seller: Team, *, at: str, key: dict[str, str] | None = None) -> Service:
    interface = {"access_method": "http", "base_url": "${API_GATEWAY_BASE_URL}/" + at, "routing_key": key}
    return make_service(seller, namespace="acme", listing={"user_access_interfaces": {"only": interface}})


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize(("before", "after"), [("acme/chat", "acme/chat"), ("shared", "shared")])
def test_those_enrolled_in_the_old_one_keep_it_and_all_others_get_the_new_one(before, after, key):
    seller, regular, newcomer = TeamFactory(seller=True), buyer(), buyer()
    old = sold(seller, at=before, key=key)
    enrollments.enroll(team=regular, service=old, by=None, parameters={}, now=NOON)
    catalog.deprecate(service=old, by=None, now=NOON)
    assert called(newcomer, f"p/{before}", key) == "service_deprecated"

    new = sold(seller, at=after, key=key)

    assert called(newcomer, f"p/{after}", key) == str(new.pk)
    assert called(regular, f"p/{after}", key) == str(old.pk)
