"""A seller's service, and a gateway that serves it to tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.teams.models import Team
from gateway_admin.secrets import services as secrets
from marketplace.catalog.models import Service
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import LISTING, NOON, make_service
from tests.fakes.upstream import json_answer
from tests.gateway.harness import PUBLIC_KEY
from tests.marketplace.testing.world import World, running

CHOICES = {"choices": [{"message": {"content": "pong"}}], "usage": {"prompt_tokens": 3, "completion_tokens": 1}}
TEMPLATE = {
    "category": "request_template",
    "mime_type": "json",
    "file_content": '{"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "ping"}]}',
    "meta": {"response": {"json": {"choices": [{"message": {"content": None}}]}}},
}
SCRIPT = LISTING["documents"]["Connectivity test"]
Make = Callable[..., Service]


@pytest.fixture
def world(transactional_db, tmp_path, settings):
    settings.SECRETS_PUBLIC_KEY = PUBLIC_KEY
    settings.ACTIVATION_TESTS = True
    with running(tmp_path) as world:
        settings.API_GATEWAY_BASE_URL = settings.GATEWAY_INTERNAL_URL = world.url
        world.upstream.answers(json_answer(CHOICES))
        yield world


@pytest.fixture
def seller(transactional_db) -> Team:
    return TeamFactory(seller=True, name="acme-corp")


@pytest.fixture
def make(world: World, seller: Team) -> Make:
    """Make a service in front of the upstream: made("draft", channel={...}, listing={...}, documents={...})."""

    def made(status="draft", *, channel=None, documents=None, listing=None, namespace="acme", **changes) -> Service:
        config = {"access_method": "http", "base_url": f"{world.upstream.url}/v1", **(channel or {})}
        channels = changes.pop("channels", None) or {"default": config}
        wanted = {"Connectivity test": SCRIPT, "Request body": TEMPLATE, **(documents or {})}
        return make_service(
            seller,
            status=status,
            namespace=namespace,
            offering={"upstream_access_config": channels, **changes.pop("offering", {})},
            listing={"documents": {k: v for k, v in wanted.items() if v is not None}, **(listing or {})},
            **changes,
        )

    return made


@pytest.fixture
def store(seller):
    """Store a secret of the seller."""

    def stored(name: str, value: str) -> None:
        secrets.put(team=seller, name=name, value=value, by=None, now=NOON)

    return stored
