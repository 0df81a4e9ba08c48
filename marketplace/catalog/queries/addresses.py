"""The addresses that customers call."""

from __future__ import annotations

from django.conf import settings

from marketplace.catalog.models import AccessInterface, Gateway


def base_url(interface: AccessInterface) -> str:
    """Return the full address of an interface. What an enrollment gives stays a template in it."""
    root = gateway_url(interface.gateway)
    if interface.gateway == Gateway.API:
        return f"{root}/p/{interface.path}" if interface.path else root
    return f"{root}/{interface.path}" if interface.path else root


def gateway_url(gateway: str) -> str:
    """Return the address of a gateway, without a slash at its end."""
    roots: dict[str, str] = {
        Gateway.API: settings.API_GATEWAY_BASE_URL,
        Gateway.S3: settings.S3_GATEWAY_BASE_URL,
        Gateway.SMTP: settings.SMTP_GATEWAY_BASE_URL,
        Gateway.SSH: settings.SSH_GATEWAY_BASE_URL,
    }
    return roots.get(gateway, settings.API_GATEWAY_BASE_URL)
