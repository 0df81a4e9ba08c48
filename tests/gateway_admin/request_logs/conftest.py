"""Two customers with calls in their logs."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.teams.models import Role, Team
from gateway_admin.api_keys import services as api_keys
from tests.factories.accounts import TeamFactory
from tests.factories.billing import funded_wallet


@pytest.fixture
def buyer() -> Team:
    return funded_wallet("50", team=TeamFactory()).team


@pytest.fixture
def outsider() -> Team:
    return TeamFactory()


@pytest.fixture
def key(buyer):
    return api_keys.issue(team=buyer, role=Role.DEVELOPER, name="ci", by=None, now=timezone.now())


@pytest.fixture
def api(client, key):
    """GET and others as the buyer's program."""
    headers = {"authorization": f"Bearer {key[1]}"}

    def call(path: str, method: str = "get", **more):
        return getattr(client, method)(f"/v1{path}", headers=headers, **more)

    return call
