"""One call to the gateway, its answer piece by piece. Who stops reading ends the connection, and with it the call."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httptools

_CONNECT_SECONDS = 5.0
_PIECE_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """path: as it follows the gateway's address, with its query."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of an answer. headers: as they came, names in small letters."""

    status: int
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str:
        """Return the first header of that name, or ""."""
        return next((value for each, value in self.headers if each == name), "")


class NoAnswer(Exception):
    """Why there is no whole answer, in a sentence."""


@dataclass(slots=True)
class _Parsed:
    """is_bodiless: the answer ends with its head, whatever length that tells."""

    is_bodiless: bool = False
    headers: list[tuple[str, str]] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)
    has_head: bool = False
    is_done: bool = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.has_head = True
        self.is_done = self.is_bodiless

    def on_body(self, body: bytes) -> None:
        self.pieces.append(body)

    def on_message_complete(self) -> None:
        self.is_done = True


async def exchange(request: Request, *, base_url: str, seconds: float) -> AsyncGenerator[Head | bytes]:
    """Send a request; yield the head of the answer, then its body as it comes.

    seconds: until the answer has to be whole. Raises: NoAnswer.
    """
    parts = urlsplit(base_url)
    deadline = time.monotonic() + seconds
    reader, writer = await _connected(parts.scheme == "https", parts.hostname or "", parts.port)
    try:
        writer.write(_head(request, parts.netloc.rpartition("@")[2], parts.path.rstrip("/")) + request.body)
        async for piece in _answer(reader, deadline, seconds, is_bodiless=request.method == "HEAD"):
            yield piece
    except (OSError, EOFError, httptools.HttpParserError) as error:
        raise NoAnswer("The connection ended before there was a whole answer.") from error
    finally:
        writer.close()


async def _answer(
    reader: asyncio.StreamReader, deadline: float, seconds: float, *, is_bodiless: bool
) -> AsyncGenerator[Head | bytes]:
    parsed, is_told = _Parsed(is_bodiless), False
    parser: Any = httptools.HttpResponseParser(parsed)
    while not parsed.is_done:
        parser.feed_data(await _read(reader, deadline, seconds))
        if parsed.has_head and not is_told:
            is_told = True
            yield Head(parser.get_status_code(), tuple(parsed.headers))
        pieces, parsed.pieces = b"".join(parsed.pieces), []
        if pieces:
            yield pieces


async def _read(reader: asyncio.StreamReader, deadline: float, seconds: float) -> bytes:
    try:
        async with asyncio.timeout(deadline - time.monotonic()):
            received = await reader.read(_PIECE_BYTES)
    except TimeoutError as error:
        raise NoAnswer(f"There was no whole answer within {seconds:g} seconds, so the call was given up.") from error
    if not received:
        raise EOFError
    return received


async def _connected(is_secure: bool, host: str, port: int | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    context = ssl.create_default_context() if is_secure else None
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            return await asyncio.open_connection(host, port or (443 if is_secure else 80), ssl=context)
    except (OSError, TimeoutError) as error:
        raise NoAnswer("The gateway could not be reached. Nothing was sent; try again in a moment.") from error


def _head(request: Request, host: str, prefix: str) -> bytes:
    lines = [f"{request.method} {prefix}/{request.path} HTTP/1.1", f"host: {host}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    if request.body or request.method not in {"GET", "HEAD", "OPTIONS"}:
        lines.append(f"content-length: {len(request.body)}")
    return "\r\n".join((*lines, "", "")).encode("latin-1", "replace")
