"""The HTTP door, as an ASGI application. It reads a request, hands it to the pipeline and writes what comes back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from domain.event_ids import new_event_id
from gateway import pipeline
from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.errors import GatewayError
from gateway.exchange import Client, own_headers
from gateway.responses import error_answer
from gateway.runtime import Connect, Runtime
from gateway.settings import GatewaySettings
from gateway.stores import postgres
from gateway.stores.base import StoreUnavailable
from gateway.upstream.errors import UpstreamError

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class ClientGone(Exception):
    """The client hung up before its request was complete. Nobody is left to answer."""


class GatewayApp:
    """read_settings: called when the process starts, so that importing the application reads nothing.

    connect: gives the ports; PostgreSQL's but in tests.
    """

    def __init__(self, read_settings: Callable[[], GatewaySettings], connect: Connect = postgres.connect) -> None:
        self._read_settings, self._connect = read_settings, connect
        self.runtime: Runtime | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1003})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            self.runtime = Runtime(self._read_settings(), self._connect)
            await self.runtime.start()
        except Exception as error:
            log.critical("gateway.start_failed", exc_info=error)
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.runtime.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.runtime is not None, "the server must run with lifespan on"
        deps = self.runtime.deps
        door = _Door(send)
        if scope["path"] == "/healthz":
            await _tell_health(door, deps)
            return
        ctx = _context(scope)
        client = Client(door.head, door.body)
        watcher = None
        try:
            ctx.body = await _read_body(receive, ctx, deps.settings.body_limit_bytes)
            watcher = asyncio.create_task(_watch(receive, client))
            await pipeline.run(ctx, deps, client)
        except GatewayError as error:
            if door.has_begun:
                return  # as below: what has left cannot be taken back
            answer = error_answer(error, request_id=ctx.event_id, site_url=deps.settings.site_url)
            await door.head(answer.status, answer.headers + own_headers(ctx))
            await door.body(answer.body, True)
        except ClientGone:
            return
        except UpstreamError:
            return  # the answer is cut short: the server closes the connection, and the client sees that
        finally:
            if watcher is not None:
                watcher.cancel()


class _Door:
    """Writes to the ASGI server, and knows whether it has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def head(self, status: int, headers: Headers) -> None:
        self.has_begun = True
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def body(self, body: bytes, last: bool) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": not last})


async def _tell_health(door: _Door, deps: Deps) -> None:
    """Answer 200 while calls can be made: the records are fresh and the spool is sound."""
    try:
        deps.records.check_trust()
        status = 503 if deps.spool.is_broken else 200
    except StoreUnavailable:
        status = 503
    await door.head(status, [(b"content-type", b"text/plain"), (b"content-length", b"0")])
    await door.body(b"", True)


def _context(scope: Scope) -> RequestContext:
    raw_path = scope.get("raw_path") or scope["path"].encode()
    started_ms = time.time_ns() // 1_000_000
    return RequestContext(
        event_id=new_event_id(started_ms),
        method=scope["method"],
        path=raw_path.decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=[(bytes(name), bytes(value)) for name, value in scope["headers"]],
        body=b"",
        started_ms=started_ms,
        started=time.monotonic(),
    )


async def _read_body(receive: Receive, ctx: RequestContext, limit: int) -> bytes:
    """Return the whole body. Raises GatewayError 413, ClientGone."""
    length = ctx.header(b"content-length")
    if length is not None and length.isdigit() and int(length) > limit:
        raise _too_large(limit)
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        if piece:
            pieces.append(piece)
        if not message.get("more_body", False):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _too_large(limit: int) -> GatewayError:
    message = f"The body is larger than {limit} bytes. Send less, or upload a file and name it."
    return GatewayError(413, "body_too_large", message)


async def _watch(receive: Receive, client: Client) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    client.leave()
