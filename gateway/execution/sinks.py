"""Where an answer can go instead of straight to the client."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.context import Headers
from gateway.errors import GatewayError
from gateway.exchange import Client
from gateway.upstream.errors import UpstreamError

#: What is held of an answer that is not passed on as it comes.
COLLECT_BYTES = 1024 * 1024


class Rejected(Exception):
    """An attempt was answered with a status that calls for another attempt. Nothing has reached the client."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"The attempt was answered with status {status}.")


def is_failure(status: int) -> bool:
    """Return whether a status calls for another attempt: the upstream's own failure, or that it is too busy."""
    return status >= 500 or status == 429


class Trial:
    """Passes an answer on unless its status is a failure.

    The head waits for the first byte: until then, another attempt can still answer.
    """

    def __init__(self, outer: Client) -> None:
        self._outer = outer
        self._head: tuple[int, Headers] | None = None
        self.has_begun = False
        self.client = Client(self._take_head, self._take_body, is_gone=outer.is_gone, is_trial=True)
        outer.on_leaving = self.client.leave

    def allows_another(self, error: Exception) -> bool:
        """Return whether another attempt may be made after an error."""
        if self.has_begun or self._outer.is_gone:
            return False
        if isinstance(error, GatewayError):
            return is_failure(error.status)
        return isinstance(error, Rejected | UpstreamError)

    async def _take_head(self, status: int, headers: Headers) -> None:
        if is_failure(status):
            raise Rejected(status)
        self._head = status, headers

    async def _take_body(self, body: bytes, last: bool) -> None:
        if self._head is not None:
            head, self._head, self.has_begun = self._head, None, True
            await self._outer.send_head(*head)
        await self._outer.send_body(body, last)


@dataclass(slots=True)
class Collector:
    """Keeps an answer. body: at most COLLECT_BYTES of it; is_cut: there was more."""

    status: int = 0
    headers: Headers = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    is_cut: bool = False
    is_whole: bool = False

    @property
    def body(self) -> bytes:
        """Return what was kept."""
        return b"".join(self.pieces)

    def header(self, name: bytes) -> bytes:
        """Return the first header of that lower-case name, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name), b"")

    def client(self, outer: Client | None = None) -> Client:
        """Return the client to hand to a call. outer: whose leaving ends it."""
        made = Client(self.take_head, self.take_body, is_gone=outer is not None and outer.is_gone)
        if outer is not None:
            outer.on_leaving = made.leave
        return made

    async def take_head(self, status: int, headers: Headers) -> None:
        """Take the head."""
        self.status, self.headers = status, headers

    async def take_body(self, body: bytes, last: bool) -> None:
        """Take a piece."""
        room = COLLECT_BYTES - self.size
        if len(body) > room:
            self.is_cut, body = True, body[:room]
        if body:
            self.pieces.append(body)
            self.size += len(body)
        self.is_whole = self.is_whole or last


class Recorder:
    """Passes an answer on and keeps a copy of it, as long as it is a success of at most `limit` bytes."""

    def __init__(self, outer: Client, limit: int) -> None:
        self._outer, self._limit = outer, limit
        self.status = 0
        self.headers: Headers = []
        self.pieces: list[bytes] = []
        self._size = 0
        self.is_whole = self._is_too_large = False
        self.client = Client(self._take_head, self._take_body, is_gone=outer.is_gone, is_trial=outer.is_trial)
        outer.on_leaving = self.client.leave

    async def _take_head(self, status: int, headers: Headers) -> None:
        self.status, self.headers = status, headers
        await self._outer.send_head(status, headers)

    async def _take_body(self, body: bytes, last: bool) -> None:
        self._size += len(body)
        self._is_too_large = self._is_too_large or self._size > self._limit
        if self._is_too_large:
            self.pieces.clear()
        elif body:
            self.pieces.append(body)
        self.is_whole = last and not self._is_too_large
        await self._outer.send_body(body, last)


def discard() -> Client:
    """Return a client that throws everything away."""
    return Client(_ignore_head, _ignore_body)


def several(outer: Client, clients: list[Client]) -> None:
    """Let the client's leaving end all of these."""

    def leave() -> None:
        for client in clients:
            client.leave()

    outer.on_leaving = leave


async def send_whole(client: Client, status: int, headers: Headers, body: bytes) -> None:
    """Send an answer of the gateway's own."""
    await client.send_head(status, [*headers, (b"content-length", str(len(body)).encode())])
    await client.send_body(body, True)


async def _ignore_head(status: int, headers: Headers) -> None:
    return None


async def _ignore_body(body: bytes, last: bool) -> None:
    return None
