"""Programs of sellers: clients of the API with a key of their own."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from accounts.teams.models import Role, Team
from gateway_admin.api_keys import services as api_keys
from tests.factories.marketplace import NOON

ROOT = "/v1/seller"


class Caller:
    """A seller's client: JSON in, JSON out, no redirects."""

    def __init__(self, team: Team, role: str = Role.OWNER) -> None:
        _, self.key = api_keys.issue(team=team, role=role, name="test", by=None, now=NOON)
        self.client = Client(headers={"Authorization": f"Bearer {self.key}"})

    def __call__(self, method: str, path: str, body: Any = None, **extra: Any) -> Any:
        data = json.dumps(body) if body is not None else ""
        return self.client.generic(method, ROOT + path, data, content_type="application/json", **extra)
