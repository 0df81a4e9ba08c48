"""The client's side of a WebSocket: what uvicorn's transport talks to once the door has let go of it."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.server import ServerState

from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.door import answers
from gateway.live.dialing import probe
from gateway.sockets.session import Session
from gateway.sockets.splice import Leg

_DEFAULTS = answers.DefaultHeaders()


class ClientSocket(asyncio.Protocol):
    """One connection, from the request that asked for it to its end. It counts among the server's."""

    def __init__(self, ctx: RequestContext, deps: Deps, server: ServerState) -> None:
        self._server = server
        self._leg = Leg("client", deps.settings.live.message_bytes)
        self._session = Session(ctx, deps, self._leg, _DEFAULTS.rendered(server.default_headers))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._leg.transport = cast(asyncio.Transport, transport)
        probe(transport)
        self._server.connections.add(cast(Any, self))  # it is asked no more than to shut down
        task = asyncio.get_running_loop().create_task(self._session.run())
        self._session.task = task
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    def data_received(self, data: bytes) -> None:
        self._leg.take(data)

    def eof_received(self) -> None:
        """A client that closes its side has hung up."""

    def connection_lost(self, error: Exception | None) -> None:
        self._server.connections.discard(cast(Any, self))
        self._server.total_requests += 1
        self._leg.lost()
        self._session.client_left()

    def pause_writing(self) -> None:
        self._leg.blocked()

    def resume_writing(self) -> None:
        self._leg.unblocked()

    def shutdown(self) -> None:
        """The server stops: end well."""
        self._session.shut_down()
