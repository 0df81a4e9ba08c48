"""The gateway as an application: it starts and ends with the server. Its requests come in by the door.

`uvicorn … --http gateway.door.protocol:DoorProtocol`: the application puts what the door needs into the state of the
server's lifespan.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from gateway.deps import Deps
from gateway.door.desk import STATE_KEY, Desk
from gateway.grpc.listener import GrpcListener
from gateway.responses import Answer
from gateway.runtime import Runtime
from gateway.settings import GatewaySettings
from gateway.slots import Connect
from gateway.stores import postgres
from gateway.stores.base import StoreUnavailable
from gateway.upstream.deadlines import Deadlines

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: How often the deadlines of clients are looked at.
_TICK_SECONDS = 0.25


def everything(_target: bytes) -> bool:
    """Return that a target is the gateway's: it is alone on its port."""
    return True


class GatewayApp:
    """read_settings: called when the process starts, so that importing the application reads nothing.

    connect: gives the ports; PostgreSQL's but in tests. is_gateways: which raw targets are the gateway's.
    """

    def __init__(
        self,
        read_settings: Callable[[], GatewaySettings],
        connect: Connect = postgres.connect,
        is_gateways: Callable[[bytes], bool] = everything,
    ) -> None:
        self._read_settings, self._connect, self._is_gateways = read_settings, connect, is_gateways
        self.runtime: Runtime | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1003})
        else:
            raise RuntimeError("Start the server with --http gateway.door.protocol:DoorProtocol.")

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        deadlines = Deadlines(_TICK_SECONDS)
        try:
            self.runtime = Runtime(self._read_settings(), self._connect)
            await self.runtime.start()
            listener = await self._listen(self.runtime.deps, deadlines)
            scope["state"][STATE_KEY] = Desk(self.runtime.deps, deadlines, self._is_gateways, self._own_answer)
        except Exception as error:
            log.critical("gateway.start_failed", exc_info=error)
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if listener is not None:
            await listener.stop()
        deadlines.close()
        await self.runtime.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _listen(self, deps: Deps, deadlines: Deadlines) -> GrpcListener | None:
        """Open the port for gRPC over TLS, where there is one."""
        if deps.settings.grpc is None:
            return None
        listener = GrpcListener(deps.settings.grpc, deps, deadlines)
        await listener.start()
        return listener

    def _own_answer(self, target: bytes) -> Answer | None:
        if target != b"/healthz":
            return None
        assert self.runtime is not None
        return _health(self.runtime.deps)


def _health(deps: Deps) -> Answer:
    """Return 200 while calls can be made: the records are fresh and the spool is sound."""
    try:
        deps.records.check_trust()
        status = 503 if deps.spool.is_broken else 200
    except StoreUnavailable:
        status = 503
    return Answer(status, [(b"content-type", b"text/plain"), (b"content-length", b"0")], b"")
