"""The HTTP client for upstreams: guarded, pooled, streaming, without redirects, cookies or environment proxies."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.upstream import wire
from gateway.upstream.breaker import Breaker
from gateway.upstream.connection import Connection
from gateway.upstream.egress import EgressGuard, Origin
from gateway.upstream.errors import UpstreamClosed, UpstreamRefused, UpstreamTimeout
from gateway.upstream.limits import Timeouts, UpstreamLimits
from gateway.upstream.pool import Pool
from gateway.upstream.questions import Asker, Body, Question
from gateway.upstream.response import UpstreamResponse

#: A second address of the same host is tried, a third is not.
_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request but for its body. lines: of its head; tells_length: also when it has no body."""

    origin: Origin
    lines: bytes
    tells_length: bool

    def with_body(self, body: bytes | None) -> bytes:
        """Return the whole request."""
        if body is not None or self.tells_length:
            return b"%bcontent-length: %d\r\n\r\n%b" % (self.lines, len(body or b""), body or b"")
        return self.lines + b"\r\n"


class UpstreamClient:
    """One per process and event loop. `close` it at the end."""

    def __init__(
        self, guard: EgressGuard, limits: UpstreamLimits | None = None, *, tls: ssl.SSLContext | None = None
    ) -> None:
        self._guard = guard
        self._limits = limits or UpstreamLimits()
        self._pool = Pool(per_host=self._limits.connections_per_host, idle=self._limits.idle_connections)
        self._breaker = Breaker(time.monotonic)
        self._tls = tls or ssl.create_default_context()
        self._tls.set_alpn_protocols(["http/1.1"])

    async def request(
        self,
        method: str,
        url: str,
        headers: Iterable[tuple[bytes, bytes]] = (),
        body: Body = None,
        *,
        length: int | None = None,
        timeouts: Timeouts | None = None,
        host: str = "",
    ) -> UpstreamResponse:
        """Send a request and return its answer once the head is there.

        Never follows redirects, and sends again only when a kept connection turns out to be dead at once, before a byte
        of the answer came. length: of a body given as an iterator, which is sent chunked otherwise. host: told to the
        upstream in place of the address's; the connection goes to the address.
        Raises: EgressRefused, BadRequestHead, UpstreamBusy, UpstreamRefused, UpstreamTimeout, UpstreamClosed,
        UpstreamBadResponse; and whatever the iterator of the body raises.
        """
        loop = asyncio.get_running_loop()
        origin, target = self._guard.split(url)
        if body is None or isinstance(body, bytes):
            length = len(body or b"")
        authority = host.encode() if host else origin.authority
        head = wire.request_head(method, target, authority, headers, length, body is not None)
        timeouts = timeouts or self._limits.timeouts
        now = loop.time()
        question = Question(head, body, length, method == "HEAD", timeouts, now + timeouts.total)
        addresses = self._guard.known(origin, now) or await self._guard.addresses(origin)
        self._breaker.check(origin.name, origin.host)
        try:
            response = await self._exchange(origin, addresses, question, timeouts)
        except BaseException as error:
            self.judge(origin, error)
            raise
        self.judge(origin)
        return response

    def prepared(self, method: str, url: str, headers: Iterable[tuple[bytes, bytes]]) -> Prepared:
        """Return what requests that differ in their body alone share. Raises: EgressRefused, BadRequestHead."""
        origin, target = self._guard.split(url)
        return Prepared(origin, wire.lines(method, target, origin.authority, headers), method in wire.EXPECT_BODY)

    def begin(self, prepared: Prepared, body: bytes | None, asker: Asker, now: float) -> Connection | None:
        """Send a request on a connection that is kept, or do nothing and return None: then `request` can wait for one.
        now: in monotonic seconds.

        Whoever asks looks at what came, `judge`s it, and sends again with `request` what a connection took with it that
        was closed while we wrote.
        """
        origin = prepared.origin
        addresses = self._guard.known(origin, now)
        if addresses is None or origin.name in self._breaker.states:
            return None
        connection = self._pool.take_free(origin, addresses)
        if connection is None:
            return None
        connection.send(prepared.with_body(body), asker, now)
        return connection

    def judge(self, origin: Origin, error: BaseException | None = None) -> None:
        """Note whether a host has answered. error: what came in place of an answer's head."""
        if error is None:
            if self._breaker.states:
                self._breaker.answered(origin.name)
        elif isinstance(error, UpstreamRefused | UpstreamTimeout | UpstreamClosed):
            self._breaker.failed(origin.name)
        else:
            self._breaker.told_nothing(origin.name)

    async def _exchange(
        self, origin: Origin, addresses: tuple[str, ...], question: Question, timeouts: Timeouts
    ) -> UpstreamResponse:
        self._pool.reserve(origin)
        kept = self._pool.take(origin, addresses)
        if kept is not None:
            response = kept.ask(question)
            try:
                return await _started(response)
            except UpstreamClosed:
                # closed while we wrote, and nothing came back: one more time, on a connection of its own
                if response.touched or not question.is_replayable:
                    raise
            self._pool.reserve(origin)
        connection = await self._connect(origin, addresses, timeouts.connect)
        return await _started(connection.ask(question))

    async def close(self) -> None:
        """Close idle connections and stop the clock. Answers under way go on, without deadlines."""
        self._pool.close()
        self._guard.close()

    async def _connect(self, origin: Origin, addresses: tuple[str, ...], seconds: float) -> Connection:
        try:
            async with asyncio.timeout(seconds):
                return await self._connect_any(origin, addresses[:_ATTEMPTS])
        except TimeoutError:
            self._pool.unreserve(origin)
            raise UpstreamTimeout("connect", origin.host) from None
        except BaseException:
            self._pool.unreserve(origin)
            raise

    async def _connect_any(self, origin: Origin, addresses: tuple[str, ...]) -> Connection:
        """Connect to the first address that answers. The host name serves TLS only; it is not resolved again."""
        loop = asyncio.get_running_loop()
        secure = origin.scheme == "https"
        tls, name = (self._tls, origin.host) if secure else (None, None)
        for address in addresses:
            connection = Connection(origin, address, self._pool, self._limits)
            try:
                await loop.create_connection(
                    lambda made=connection: made, address, origin.port, ssl=tls, server_hostname=name
                )
            except ssl.SSLError as error:
                reason = (error.reason or "handshake failed").replace("_", " ").lower()
                raise UpstreamRefused(f"{origin.host} has no valid TLS: {reason}.") from None
            except OSError:
                continue
            self._pool.add(connection, loop)
            return connection
        raise UpstreamRefused(f"{origin.host} accepts no connection on port {origin.port}.")


async def _started(response: UpstreamResponse) -> UpstreamResponse:
    try:
        await response.started()
    except BaseException:
        response.cancel()
        raise
    return response
