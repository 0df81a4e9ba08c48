"""Opens connections to upstreams for protocols of their own: guarded and watched as those of plain calls are."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
from collections.abc import Callable
from typing import TypeVar

from gateway.upstream.breaker import Breaker
from gateway.upstream.egress import EgressGuard, Origin
from gateway.upstream.errors import UpstreamRefused, UpstreamTimeout

_SCHEMES = {"ws": "http", "wss": "https", "grpc": "http", "grpcs": "https"}
_SCHEME = re.compile(r"(wss?|grpcs?)(?=://)", re.IGNORECASE)
_ATTEMPTS = 2
#: Finds out that the other machine has gone without a word: probes after half a minute of silence.
_PROBES = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))

P = TypeVar("P", bound=asyncio.Protocol)


class Dialer:
    """One per process and event loop. make_tls: gives a context for each protocol that is offered with TLS."""

    def __init__(
        self, guard: EgressGuard, *, make_tls: Callable[[], ssl.SSLContext] = ssl.create_default_context
    ) -> None:
        self._guard = guard
        self._breaker = Breaker(time.monotonic)
        self._make_tls = make_tls
        self._contexts: dict[str, ssl.SSLContext] = {}

    def split(self, url: str) -> tuple[Origin, bytes]:
        """Return the origin and the request target of an address. Raises EgressRefused."""
        return self._guard.split(_SCHEME.sub(lambda found: _SCHEMES[found.group().lower()], url, count=1))

    async def open(self, origin: Origin, make: Callable[[], P], *, alpn: str, seconds: float) -> P:
        """Connect to a checked address of an origin. alpn: what is to be spoken over TLS.

        Raises EgressRefused, UpstreamRefused, UpstreamOpen, UpstreamTimeout.
        """
        loop = asyncio.get_running_loop()
        addresses = self._guard.known(origin, loop.time()) or await self._guard.addresses(origin)
        self._breaker.check(origin.name, origin.host)
        try:
            async with asyncio.timeout(seconds):
                made = await self._open_any(origin, addresses[:_ATTEMPTS], make, alpn)
        except TimeoutError:
            self._breaker.failed(origin.name)
            raise UpstreamTimeout("connect", origin.host) from None
        except UpstreamRefused:
            self._breaker.failed(origin.name)
            raise
        except BaseException:
            self._breaker.told_nothing(origin.name)
            raise
        self._breaker.answered(origin.name)
        return made

    async def _open_any(self, origin: Origin, addresses: tuple[str, ...], make: Callable[[], P], alpn: str) -> P:
        loop = asyncio.get_running_loop()
        secure = origin.scheme == "https"
        tls, name = (self._context(alpn), origin.host) if secure else (None, None)
        for address in addresses:
            try:
                transport, made = await loop.create_connection(
                    make, address, origin.port, ssl=tls, server_hostname=name
                )
            except ssl.SSLError as error:
                reason = (error.reason or "handshake failed").replace("_", " ").lower()
                raise UpstreamRefused(f"{origin.host} has no valid TLS: {reason}.") from None
            except OSError:
                continue
            probe(transport)
            return made
        raise UpstreamRefused(f"{origin.host} accepts no connection on port {origin.port}.")

    def _context(self, alpn: str) -> ssl.SSLContext:
        context = self._contexts.get(alpn)
        if context is None:
            context = self._contexts[alpn] = self._make_tls()
            context.set_alpn_protocols([alpn])
        return context


def probe(transport: asyncio.BaseTransport) -> None:
    """Let the kernel ask a silent peer whether it is still there."""
    held: socket.socket | None = transport.get_extra_info("socket")
    if held is None or held.family not in (socket.AF_INET, socket.AF_INET6):
        return
    held.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _PROBES:
        if hasattr(socket, name):
            held.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
