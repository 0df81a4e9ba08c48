"""CPU per request of the upstream client against a trivial server in another process. Prints a table.

python -m benchmarks.upstream
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time

import httptools
import uvloop

from gateway.upstream.client import UpstreamClient
from gateway.upstream.egress import EgressGuard, EgressPolicy
from gateway.upstream.headers import for_client, for_upstream

REQUESTS = 20_000
BODY = b'{"model":"m","messages":[{"role":"user","content":"' + b"x" * 180 + b'"}]}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: 1\r\nServer: t\r\nDate: now\r\n"
    b"Content-Length: 600\r\n\r\n"
)
EVENTS, STREAMS = 200, 320
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENT = b'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":" word"}}]}\n\n'
HEADERS = [
    (b"content-type", b"application/json"),
    (b"user-agent", b"benchmark"),
    (b"authorization", b"Bearer x"),
    (b"accept", b"*/*"),
    (b"x-stainless-lang", b"python"),
    (b"connection", b"keep-alive"),
]


class _Server(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)
        self.url = b""

    def data_received(self, received: bytes) -> None:
        self.parser.feed_data(received)

    def on_url(self, url: bytes) -> None:
        self.url = url

    def on_message_complete(self) -> None:
        if self.url == b"/stream":
            asyncio.get_running_loop().create_task(self._stream())
        else:
            self.transport.write(ANSWER + b"a" * 600)

    async def _stream(self) -> None:
        self.transport.write(STREAM_HEAD)
        for _ in range(EVENTS):
            self.transport.write(b"%x\r\n%b\r\n" % (len(EVENT), EVENT))
            await asyncio.sleep(0)
        self.transport.write(b"0\r\n\r\n")


def _serve(ready: multiprocessing.Queue[int]) -> None:
    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(_Server, "127.0.0.1", 0)
        ready.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(main())


async def _measure(port: int, at_once: int, path: str, count: int) -> tuple[float, float, int]:
    client = UpstreamClient(EgressGuard(EgressPolicy(allow_private=True)))
    url = f"http://127.0.0.1:{port}{path}"
    chunks = 0

    async def work(times: int) -> None:
        nonlocal chunks
        for _ in range(times):
            response = await client.request("POST", url, for_upstream(HEADERS), BODY)
            for_client(response.headers)
            while await response.next_chunk():
                chunks += 1

    await asyncio.gather(*(work(20) for _ in range(at_once)))
    chunks = 0
    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work(count // at_once) for _ in range(at_once)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    await client.close()
    return cpu, wall, chunks


def main() -> None:
    ready: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=_serve, args=(ready,), daemon=True)
    server.start()
    port = ready.get()
    print("| case | CPU µs/request | requests/s | CPU µs/chunk |")
    print("|---|---|---|---|")
    for name, run in (("uvloop", uvloop.run), ("asyncio", asyncio.run)):
        for at_once in (1, 64):
            cpu, wall, _ = run(_measure(port, at_once, "/", REQUESTS))
            print(f"| {name}, 600 B, {at_once} at once | {cpu / REQUESTS * 1e6:.1f} | {REQUESTS / wall:.0f} | |")
        cpu, wall, chunks = run(_measure(port, 16, "/stream", STREAMS))
        case = f"{name}, {EVENTS} events, 16 at once"
        print(f"| {case} | {cpu / STREAMS * 1e6:.0f} | {STREAMS / wall:.0f} | {cpu / chunks * 1e6:.2f} |")
    server.terminate()


if __name__ == "__main__":
    main()
