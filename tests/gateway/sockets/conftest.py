"""A gateway, a WebSocket upstream made with a library of its own, and clients of the same library."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from gateway.live.settings import LiveLimits
from tests.factories import records as make
from tests.gateway.harness import Gateway, serving

Handler = Callable[[ServerConnection], Awaitable[None]]


async def echo(socket: ServerConnection) -> None:
    """Send back what comes."""
    async for message in socket:
        await socket.send(message)


@dataclass
class SocketUpstream:
    """Serves WebSockets by `handler`. refusal: answered in place of the handshake, when set."""

    url: str = ""
    handler: Handler = echo
    refusal: tuple[int, str] | None = None
    requests: list[Request] = field(default_factory=list)
    sockets: list[ServerConnection] = field(default_factory=list)

    async def handle(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        await self.handler(socket)

    def process(self, _socket: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        if self.refusal is None:
            return None
        status, body = self.refusal
        headers = Headers([("Content-Type", "text/plain"), ("Content-Length", str(len(body))), ("X-Why", "full")])
        return Response(status, HTTPStatus(status).phrase, headers, body.encode())


@pytest.fixture
async def upstream() -> AsyncIterator[SocketUpstream]:
    async with socket_upstream() as upstream:
        yield upstream


@contextlib.asynccontextmanager
async def socket_upstream() -> AsyncIterator[SocketUpstream]:
    """Start an upstream that sends back what comes."""
    upstream = SocketUpstream()
    options: dict[str, Any] = {"compression": None, "ping_interval": None, "max_size": None, "close_timeout": 1}
    async with serve(
        upstream.handle, "127.0.0.1", 0, process_request=upstream.process, subprotocols=["chat", "v2"],
        select_subprotocol=_first, **options,
    ) as server:  # fmt: skip
        upstream.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield upstream


def _first(_socket: ServerConnection, offered: Any) -> Any:
    return offered[0] if offered else None


@contextlib.asynccontextmanager
async def offering(folder: Any, upstream: SocketUpstream, price: Any = None, **more: Any) -> AsyncIterator[Gateway]:
    """Start a gateway that serves acme/live from the upstream. live: bounds of connections."""
    balance = more.pop("balance", "1")
    limits = LiveLimits(**{"close_seconds": 1.0, **more.pop("live", {})})
    async with serving(folder, balance=balance, live=limits, **more.pop("settings", {})) as gateway:
        publish(gateway, upstream, price or {"type": "constant", "price": "0.01"}, **more)
        await gateway.see_changes()
        yield gateway


def publish(gateway: Gateway, upstream: SocketUpstream, price: Any, **more: Any) -> None:
    """Put acme/live on offer."""
    config = {"base_url": f"{upstream.url}/base", **more.pop("config", {})}
    channel = make.channel(access_method=more.pop("access_method", "websocket"), config=config)
    gateway.publish_service(
        path=more.pop("path", "acme/live"),
        name=more.pop("name", "acme/live"),
        channels=(channel,),
        price=make.price(price=price),
        **more,
    )


@contextlib.asynccontextmanager
async def connected(gateway: Gateway, path: str = "/p/acme/live", **options: Any) -> AsyncIterator[ClientConnection]:
    """Connect as the customer."""
    headers = options.pop("headers", {"Authorization": f"Bearer {gateway.key}"})
    values: dict[str, Any] = {"compression": None, "ping_interval": None, "max_size": None, "close_timeout": 2}
    url = gateway.url.replace("http", "ws") + path
    async with connect(url, additional_headers=headers, proxy=None, **{**values, **options}) as socket:
        yield socket


@pytest.fixture
async def gateway(tmp_path: Any, upstream: SocketUpstream) -> AsyncIterator[Gateway]:
    """A gateway that serves acme/live by the second and the byte."""
    async with offering(tmp_path, upstream) as gateway:
        yield gateway


async def closed(socket: ClientConnection) -> tuple[int | None, str | None]:
    """Wait for the end and return code and reason."""
    async with asyncio.timeout(10):
        await socket.wait_closed()
    return socket.close_code, socket.close_reason
