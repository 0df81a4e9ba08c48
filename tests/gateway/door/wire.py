"""A client that says exactly what it is told to, byte by byte."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

import httptools


@dataclass
class Answer:
    """What came back. after_close: whether the server closed the connection behind it."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._rest = b""

    @classmethod
    async def open(cls, url: str) -> Wire:
        """Connect to the server of a gateway."""
        address = urlsplit(url)
        return cls(*await asyncio.open_connection(address.hostname, address.port))

    async def send(self, *pieces: bytes, pause: float = 0.0) -> None:
        """Send pieces, each in a packet of its own when there is a pause."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            if pause:
                await asyncio.sleep(pause)

    async def answer(self, seconds: float = 5.0, *, to_head: bool = False) -> Answer:
        """Return the next answer."""
        collector = _Collector()
        parser = httptools.HttpResponseParser(collector)
        if to_head:
            collector.on_message_begin = collector.expect_no_body  # type: ignore[method-assign]
        async with asyncio.timeout(seconds):
            while not collector.is_complete:
                received = self._rest or await self.reader.read(65536)
                self._rest = b""
                if not received:
                    raise ConnectionError("closed before the answer was complete")
                if to_head and b"\r\n\r\n" in received:
                    head, _, self._rest = received.partition(b"\r\n\r\n")
                    parser.feed_data(head + b"\r\n\r\n")
                    return Answer(parser.get_status_code(), collector.headers, b"")
                # one answer at a time: what follows is for the next
                for at in range(len(received)):
                    parser.feed_data(received[at : at + 1])
                    if collector.is_complete:
                        self._rest = received[at + 1 :]
                        break
        return Answer(parser.get_status_code(), collector.headers, b"".join(collector.body))

    async def is_closed(self, seconds: float = 3.0) -> bool:
        """Return whether the server closes the connection without another byte."""
        try:
            async with asyncio.timeout(seconds):
                return not self._rest and await self.reader.read(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    async def close(self) -> None:
        """Hang up."""
        self.writer.close()


class _Collector:
    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.body: list[bytes] = []
        self.is_complete = False

    def on_message_begin(self) -> None:
        return None

    def expect_no_body(self) -> None:
        return None

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode().lower()] = value.decode()

    def on_body(self, piece: bytes) -> None:
        self.body.append(piece)

    def on_message_complete(self) -> None:
        self.is_complete = True


def request(
    key: str, *, method: str = "POST", target: str = "/p/acme/chat", body: bytes = b"{}", headers: str = ""
) -> bytes:
    """Return a sound request."""
    head = f"{method} {target} HTTP/1.1\r\nHost: gateway.example\r\nAuthorization: Bearer {key}\r\n{headers}"
    length = f"Content-Length: {len(body)}\r\n" if body or method == "POST" else ""
    return f"{head}{length}Content-Type: application/json\r\n\r\n".encode() + body
