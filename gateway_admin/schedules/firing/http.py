"""The way to the gateway: HTTP/1.1 over connections that are kept for a moment, on the strict parser."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httptools

#: Of an answer so much is read into memory; the rest is counted.
READ_BYTES = 1024 * 1024
#: A connection that waited longer may be closed from the other side at the moment it is used.
_IDLE_SECONDS = 2.0
_CONNECT_SECONDS = 5.0
_KEPT_HEADERS = {
    "content-type",
    "content-language",
    "etag",
    "last-modified",
    "cache-control",
    "location",
    "retry-after",
    "age",
    "date",
}
_KEPT_BEGINNINGS = ("x-usvc-", "ratelimit-", "x-ratelimit-")
_HEADERS_KEPT = 40


@dataclass(frozen=True, slots=True)
class Answer:
    """body: at most READ_BYTES of it; size: of all of it. is_gateways_own: no upstream has said this."""

    status: int
    headers: dict[str, str]
    body: bytes
    size: int

    @property
    def request_id(self) -> UUID | None:
        try:
            return UUID(self.headers.get("x-request-id", ""))
        except ValueError:
            return None

    @property
    def is_gateways_own(self) -> bool:
        return "x-usvc-size" not in self.headers

    def kept_headers(self) -> dict[str, str]:
        """Return those that people look at."""
        kept = {
            name: value[:1000]
            for name, value in self.headers.items()
            if name in _KEPT_HEADERS or name.startswith(_KEPT_BEGINNINGS)
        }
        return dict(list(kept.items())[:_HEADERS_KEPT])


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """was_sent: whether anything may have arrived."""

    code: str
    message: str
    was_sent: bool


@dataclass(slots=True)
class _Reading:
    """What the parser has read so far. is_bodiless: the answer ends with its head, whatever length that tells."""

    is_bodiless: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    is_done: bool = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        self.is_done = self.is_bodiless

    def on_body(self, body: bytes) -> None:
        room = READ_BYTES - self.size
        self.size += len(body)
        if room > 0:
            self.pieces.append(body[:room])

    def on_message_complete(self) -> None:
        self.is_done = True


@dataclass(slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used_at: float = 0.0


class GatewayClient:
    """Calls one gateway. base_url: where it is; a path of it may follow the host."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._host, self._prefix = parts.hostname or "", parts.path.rstrip("/")
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._ssl = ssl.create_default_context() if parts.scheme == "https" else None
        self._named = parts.netloc.rpartition("@")[2]
        self._idle: deque[_Connection] = deque()

    async def call(
        self, method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes, *, timeout_seconds: float
    ) -> Answer | NoAnswer:
        """Return the answer, or why there is none."""
        try:
            connection = await self._connection()
        except (OSError, TimeoutError, ssl.SSLError):
            return NoAnswer("gateway_away", "The gateway could not be reached.", was_sent=False)
        try:
            async with asyncio.timeout(timeout_seconds):
                request = self._head(method, path, headers, body) + body
                answer, keeps = await self._exchange(connection, request, is_bodiless=method == "HEAD")
        except TimeoutError:
            connection.writer.close()
            seconds = f"{timeout_seconds:g} seconds"
            return NoAnswer("timeout", f"There was no whole answer within {seconds}.", was_sent=True)
        except (OSError, EOFError, httptools.HttpParserError):
            connection.writer.close()
            return NoAnswer("cut_short", "The connection ended before there was a whole answer.", was_sent=True)
        except BaseException:
            connection.writer.close()
            raise
        self._put_back(connection, keeps)
        return answer

    def close(self) -> None:
        """Close the connections that wait."""
        while self._idle:
            self._idle.pop().writer.close()

    async def _connection(self) -> _Connection:
        while self._idle:
            kept = self._idle.pop()
            if time.monotonic() - kept.used_at < _IDLE_SECONDS and not kept.reader.at_eof():
                return kept
            kept.writer.close()
        async with asyncio.timeout(_CONNECT_SECONDS):
            return _Connection(*await asyncio.open_connection(self._host, self._port, ssl=self._ssl))

    def _put_back(self, connection: _Connection, keeps: bool) -> None:
        if not keeps:
            connection.writer.close()
            return
        connection.used_at = time.monotonic()
        self._idle.append(connection)
        while self._idle and connection.used_at - self._idle[0].used_at >= _IDLE_SECONDS:
            self._idle.popleft().writer.close()

    def _head(self, method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
        lines = [f"{method} {_ascii(self._prefix + path)} HTTP/1.1", f"host: {self._named}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if body or method not in {"GET", "HEAD", "OPTIONS"}:
            lines.append(f"content-length: {len(body)}")
        return "\r\n".join((*lines, "", "")).encode("latin-1", "replace")

    async def _exchange(self, connection: _Connection, request: bytes, *, is_bodiless: bool) -> tuple[Answer, bool]:
        reading = _Reading(is_bodiless)
        parser: Any = httptools.HttpResponseParser(reading)
        connection.writer.write(request)
        await connection.writer.drain()
        while not reading.is_done:
            received = await connection.reader.read(65_536)
            if not received:
                raise EOFError
            parser.feed_data(received)
        size = int(reading.headers.get("x-usvc-size") or reading.size)
        answer = Answer(parser.get_status_code(), reading.headers, b"".join(reading.pieces), size)
        return answer, bool(parser.should_keep_alive())


def _ascii(path: str) -> str:
    """Return a path as it stands in a request line."""
    return "".join(
        letter if "!" <= letter <= "~" else "".join(f"%{byte:02X}" for byte in letter.encode()) for letter in path
    )
