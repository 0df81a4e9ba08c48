"""Both planes on one origin: a first path segment of one letter is the gateway's, everything else is Django's."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from config.gateway import gateway_settings  # noqa: E402  after Django's set-up has put the defaults into the environment
from gateway.app import GatewayApp  # noqa: E402

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: First segments of one letter that belong to the gateway; all letters do, so that a new primitive takes nobody's page.
GATEWAY_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")


class BothPlanes:
    """Dispatches by the first path segment. The gateway's start and stop are the process's."""

    def __init__(self, pages: Any, gateway: GatewayApp) -> None:
        self.pages, self.gateway = pages, gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self.is_gateways(scope.get("path", "")):
            await self.gateway(scope, receive, send)
        else:
            await self.pages(scope, receive, send)

    @staticmethod
    def is_gateways(path: str) -> bool:
        """Return whether a path begins with a single letter as its first segment."""
        return len(path) >= 2 and path[1] in GATEWAY_LETTERS and (len(path) == 2 or path[2] == "/")


application = BothPlanes(django_application, GatewayApp(gateway_settings))
