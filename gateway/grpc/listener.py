"""A port of its own for gRPC over TLS: HTTP/2, agreed on by ALPN, and everything else as on the common port."""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import Any, cast

from uvicorn.server import ServerState

from gateway.deps import Deps
from gateway.grpc.server import GrpcDoor
from gateway.grpc.settings import GrpcPort
from gateway.upstream.deadlines import Deadlines

log = logging.getLogger(__name__)

_HANDSHAKE_SECONDS = 10.0
#: How long a client may take to say farewell in TLS, which many never do.
_FAREWELL_SECONDS = 1.0
#: Beside the time that calls under way are given: for their usage to reach the disk.
_LAST_SECONDS = 5.0


class GrpcListener:
    """Listens from `start` to `stop`. A certificate that was renewed on disk is taken without a restart."""

    def __init__(self, port: GrpcPort, deps: Deps, deadlines: Deadlines) -> None:
        self._port, self._deps, self._deadlines = port, deps, deadlines
        self._state = ServerState()
        self._renewing: asyncio.Task[None] | None = None
        self._written = self._files()

    async def start(self) -> None:
        """Listen. Raises OSError for a port or a file that cannot be had, ssl.SSLError for one that is something else.

        Every process of a machine listens on the same port.
        """
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._tls.set_alpn_protocols(["h2"])
        self._load()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _SecureDoor(self._deps, self._state, self._deadlines),
            self._port.host,
            self._port.port,
            ssl=self._tls,
            ssl_handshake_timeout=_HANDSHAKE_SECONDS,
            ssl_shutdown_timeout=_FAREWELL_SECONDS,
            reuse_port=True,
        )
        self._renewing = loop.create_task(self._renew())
        log.info("grpc.listening host=%s port=%s", self._port.host, self._port.port)

    async def stop(self) -> None:
        """Take no more calls, and let those under way come to an end for a while."""
        if self._renewing is None:
            return
        self._renewing.cancel()
        self._server.close()
        for door in list(self._state.connections):
            cast(GrpcDoor, door).shutdown()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=self._deps.settings.live.close_seconds + _LAST_SECONDS)
        for door in list(self._state.connections):
            cast(GrpcDoor, door).abandon()

    async def _renew(self) -> None:
        """Look now and then whether the files have changed. What cannot be read leaves the old certificate."""
        while True:
            await asyncio.sleep(self._port.reload_seconds)
            if (now := self._files()) == self._written:
                continue
            try:
                self._load()
            except (OSError, ssl.SSLError) as error:
                log.warning("grpc.certificate_unreadable error=%s", error)
                continue
            self._written = now
            log.info("grpc.certificate_renewed")

    def _load(self) -> None:
        self._tls.load_cert_chain(self._port.certificate, self._port.key)

    def _files(self) -> tuple[float, ...]:
        try:
            return self._port.certificate.stat().st_mtime, self._port.key.stat().st_mtime
        except OSError:
            return ()


class _SecureDoor(GrpcDoor):
    """A connection that has agreed on HTTP/2; any other is closed."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        secured: Any = transport.get_extra_info("ssl_object")
        if secured is None or secured.selected_alpn_protocol() != "h2":
            self.transport = cast(asyncio.Transport, transport)
            self.transport.close()
            return
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self.is_open:
            super().data_received(data)
