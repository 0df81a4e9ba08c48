"""Both planes on one origin: a first path segment of one letter is the gateway's, everything else is Django's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from gateway.app import GatewayApp

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: First segments of one letter that belong to the gateway; all letters do, so that a new primitive takes nobody's page.
GATEWAY_LETTERS = frozenset(bytes([letter]) for letter in b"abcdefghijklmnopqrstuvwxyz")
_ENDS = frozenset((b"", b"/", b"?"))


class BothPlanes:
    """What the gateway's door does not answer itself: pages, and the start and stop of both.

    `uvicorn config.asgi:application --http gateway.door.protocol:DoorProtocol`.
    """

    def __init__(self, pages: Any, gateway: GatewayApp) -> None:
        self.pages, self.gateway = pages, gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or is_gateways(scope.get("raw_path") or scope.get("path", "").encode()):
            await self.gateway(scope, receive, send)
        else:
            await self.pages(scope, receive, send)


def is_gateways(target: bytes) -> bool:
    """Return whether a raw target begins with a single letter as its first segment."""
    return target[1:2] in GATEWAY_LETTERS and target[2:3] in _ENDS
