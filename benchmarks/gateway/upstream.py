"""`python -m benchmarks.gateway.upstream PORT`: chat completions, whole or as a stream of 50 events."""

from __future__ import annotations

import asyncio
import sys

import httptools
import orjson
import uvloop

_BODY = orjson.dumps(
    {
        "id": "chatcmpl-benchmark",
        "object": "chat.completion",
        "created": 1767225600,
        "model": "bench",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "word " * 60}, "finish_reason": "stop"},
        ],
        "usage": {"prompt_tokens": 24, "completion_tokens": 60, "total_tokens": 84},
    }
)
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
_EVENT = b'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"word "}}]}\n\n'
_LAST = (
    b'data: {"choices":[],"usage":{"prompt_tokens":24,"completion_tokens":60,"total_tokens":84}}\n\ndata: [DONE]\n\n'
)
_STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENTS = 50


def _chunk(event: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(event), event)


def pieces(*, is_stream: bool) -> list[bytes]:
    """Return an answer as it is written, piece by piece."""
    if not is_stream:
        return [_ANSWER]
    return [_STREAM_HEAD, *[_chunk(_EVENT)] * (EVENTS - 1), _chunk(_LAST) + b"0\r\n\r\n"]


class Upstream(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._is_stream = False

    def on_body(self, body: bytes) -> None:
        self._is_stream = self._is_stream or b'"stream": true' in body or b'"stream":true' in body

    def on_message_complete(self) -> None:
        if not self._is_stream:
            self._transport.write(_ANSWER)  # type: ignore[attr-defined]
            return
        self._transport.write(_STREAM_HEAD)  # type: ignore[attr-defined]
        self._left = EVENTS
        self._go_on()

    def _go_on(self) -> None:
        """Send one event a turn of the loop: each is a write of its own."""
        self._left -= 1
        last = self._left == 0
        piece = _chunk(_LAST) + b"0\r\n\r\n" if last else _chunk(_EVENT)
        self._transport.write(piece)  # type: ignore[attr-defined]
        if not last:
            asyncio.get_running_loop().call_soon(self._go_on)


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
