"""What the playground reads of a gateway's answer, on a socket."""

from __future__ import annotations

import asyncio

import pytest

from gateway_admin.playground import wire

ANSWER = b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\nContent-Type: text/plain\r\n\r\n"


async def read(method: str) -> list[wire.Head | bytes]:
    """Return what comes of a call that is answered with a head that tells of nine bytes; HEAD gets no more."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER if method == "HEAD" else ANSWER + b"not found")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        request = wire.Request(method, "p/acme", (), b"")
        return [piece async for piece in wire.exchange(request, base_url=f"http://127.0.0.1:{port}", seconds=5)]
    finally:
        server.close()


@pytest.mark.parametrize(("method", "body"), [("GET", [b"not found"]), ("HEAD", [])])
def test_an_answer_ends_with_its_body_or_to_head_with_its_head(method, body):
    head, *rest = asyncio.run(read(method))
    assert isinstance(head, wire.Head)
    assert (head.status, rest) == (404, body)
