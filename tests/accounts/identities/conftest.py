"""A real provider on a port, and a browser's cookies on both sides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.conf import LazySettings
from django.core.cache import caches
from django.test import Client
from oidc_provider_mock import User as Identity
from oidc_provider_mock import run_server_in_thread

ALICE = Identity(sub="alice", claims={"email": "Alice@Example.org", "email_verified": True, "name": "Alice A."})


def use(settings: LazySettings, url: str) -> None:
    """Have the marketplace believe the provider at `url`."""
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = url, "market"
    settings.OIDC_BROKERS = {"google": "Google"}
    app = {
        "provider_id": "login",
        "name": "Example ID",
        "client_id": "market",
        "secret": "shh",
        "settings": {"server_url": url},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"oidc": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    for cache in caches.all(initialized_only=True):
        cache.clear()


@dataclass
class Visit:
    """One visitor: our cookies in `client`, who they are at the provider in `sub`."""

    client: Client
    sub: str = "alice"

    def start(self, *, process: str = "login", broker: str = "") -> str:
        """Press the button; return the provider's address."""
        answer = self.client.post(f"/accounts/oidc/login/login?process={process}&broker={broker}")
        assert answer.status_code == 302, answer.content.decode()
        return answer["Location"]

    def consent(self, address: str) -> str:
        """Say yes at the provider; return the address that it sends the browser to."""
        answer = httpx.post(address, data={"sub": self.sub})
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def come_back(self, address: str):
        """Follow the provider's redirect."""
        return self.client.get(re.sub(r"^https?://[^/]+", "", address))

    def log_in(self, **how: str):
        """Do all of it."""
        return self.come_back(self.consent(self.start(**how)))

    @property
    def is_in(self) -> bool:
        return self.client.get("/teams").status_code == 200


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@pytest.fixture(scope="module")
def provider():
    with run_server_in_thread(require_nonce=True, user_claims=[ALICE]) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def _provider(provider, settings):
    use(settings, provider)


@pytest.fixture
def visit(db, _provider) -> Visit:
    return Visit(Client())


@pytest.fixture
def claims(provider):
    """Let the provider say something of a person."""
    return lambda sub, **said: httpx.put(f"{provider}/users/{sub}", json=said).raise_for_status()
