"""What login pages know of the identity provider."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Button:
    """A way to log in. broker: what the provider calls it; empty for the provider itself."""

    name: str
    broker: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider that people may log in with."""

    id: str
    buttons: tuple[Button, ...]


def identity_provider(request: HttpRequest) -> dict[str, Provider | None]:
    """Return the provider, or None when the marketplace has none."""
    if not settings.OIDC_ISSUER:
        return {"identity_provider": None}
    brokers = tuple(Button(name, broker) for broker, name in settings.OIDC_BROKERS.items())
    return {"identity_provider": Provider(settings.OIDC_PROVIDER_ID, (*brokers, Button(settings.OIDC_NAME)))}
