"""An upstream that answers by script, on a real socket: well, slowly, in pieces, wrongly or not at all.

    async with FakeUpstream() as upstream:
        upstream.answers(json_answer({"ok": True}))
        ...
        assert upstream.requests[0].header(b"x-test") == b"1"

A script is a list of steps. Scripts are used up in order; the last one answers everything that follows.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httptools


@dataclass(frozen=True)
class Send:
    """Bytes as they are."""

    payload: bytes


@dataclass(frozen=True)
class Wait:
    """Seconds of silence."""

    seconds: float


@dataclass(frozen=True)
class Until:
    """Silence until the test sets the event."""

    event: asyncio.Event


@dataclass(frozen=True)
class Close:
    """An orderly end of the connection."""


@dataclass(frozen=True)
class Die:
    """A reset of the connection."""


@dataclass(frozen=True)
class Hang:
    """Silence until the client goes."""


@dataclass(frozen=True)
class Now:
    """As the first step: answer once the head is there, without reading the body."""


Step = Send | Wait | Until | Close | Die | Hang | Now
Script = Sequence[Step]


@dataclass
class Recorded:
    """One request as it came in. connection: a number; the same for requests that share a connection."""

    connection: int
    method: str = ""
    target: str = ""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    client_gone: bool = False

    def header(self, name: bytes) -> bytes | None:
        """Return the value of a header, whatever its case, or None."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    @property
    def json(self) -> object:
        return json.loads(self.body)


def head(status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """Return a status line and headers, with the empty line."""
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode()


def chunk(payload: bytes) -> bytes:
    """Return one chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(payload), payload)


LAST_CHUNK = b"0\r\n\r\n"


def answer(body: bytes, *, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> list[Step]:
    """A whole answer with its length."""
    return [Send(head(status, [*headers, ("Content-Length", str(len(body)))]) + body)]


def json_answer(body: object, *, status: int = 200, headers: Sequence[tuple[str, str]] = ()) -> list[Step]:
    """A JSON answer."""
    return answer(json.dumps(body).encode(), status=status, headers=[("Content-Type", "application/json"), *headers])


def streamed(
    pieces: Sequence[bytes],
    *,
    between: Step | None = None,
    headers: Sequence[tuple[str, str]] = (),
    end: Sequence[Step] = (Send(LAST_CHUNK),),
) -> list[Step]:
    """A chunked answer, each piece a write of its own. end: replace it by [Die()] for an upstream that dies mid-way."""
    steps: list[Step] = [Send(head(200, [*headers, ("Transfer-Encoding", "chunked")]))]
    framed = {piece: Send(chunk(piece)) for piece in pieces}  # a piece that comes a thousand times is held once
    for piece in pieces:
        steps.append(framed[piece])
        if between is not None:
            steps.append(between)
    return [*steps, *end]


def sse(
    events: Sequence[object], *, between: Step | None = None, end: Sequence[Step] = (Send(LAST_CHUNK),)
) -> list[Step]:
    """A stream of events: strings as they are, everything else as JSON. A dictionary with "type" names its event."""
    return streamed(
        [_event(event) for event in events],
        between=between,
        headers=[("Content-Type", "text/event-stream")],
        end=end,
    )


def _event(event: object) -> bytes:
    if isinstance(event, str):
        return f"data: {event}\n\n".encode()
    name = f"event: {event['type']}\n" if isinstance(event, dict) and "type" in event else ""
    return f"{name}data: {json.dumps(event)}\n\n".encode()


def interim_flood(count: int = 1000) -> list[Step]:
    """More interim answers than anybody needs, then a real one."""
    return [Send(b"HTTP/1.1 103 Early Hints\r\n\r\n" * count), *answer(b"late")]


def huge_header(size: int = 1024 * 1024) -> list[Step]:
    """A head with one very long header."""
    return [Send(head(200, [("X-Huge", "a" * size), ("Content-Length", "0")]))]


class FakeUpstream:
    """The server. `requests` holds what came in, `connections` counts what was opened."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Recorded] = []
        self.connections = 0
        self._scripts: list[Script] = [answer(b"ok")]
        self._choose: Callable[[Recorded], Script] | None = None
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self.port}"

    def answers(self, *scripts: Script) -> None:
        """Answer with these scripts in turn."""
        self._scripts, self._choose = list(scripts), None

    def answers_by(self, choose: Callable[[Recorded], Script]) -> None:
        """Answer with what `choose` returns for the request."""
        self._choose = choose

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls, limit=2**20)
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close everything."""
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def __aenter__(self) -> FakeUpstream:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await _Dialogue(self, self.connections, reader, writer).run()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    def _script_for(self, request: Recorded) -> Script:
        if self._choose is not None:
            return self._choose(request)
        return self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]


class _Dialogue:
    """One connection: requests in, scripts out."""

    def __init__(
        self, server: FakeUpstream, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server, self._number, self._reader, self._writer = server, number, reader, writer

    async def run(self) -> None:
        while (request := await self._read()) is not None:
            script = self._server._script_for(request)
            if not (script and isinstance(script[0], Now)) and not await self._read_body():
                return
            self._server.requests.append(request)
            for step in script:
                if not await self._play(step):
                    request.client_gone = isinstance(step, Hang)
                    return

    async def _read(self) -> Recorded | None:
        self._request = request = Recorded(self._number)
        self._complete = False
        self._parser = httptools.HttpRequestParser(self)
        self._head_done = False
        while not self._head_done:
            if not await self._feed():
                return None
        request.method = self._parser.get_method().decode()
        return request

    async def _read_body(self) -> bool:
        while not self._complete:
            if not await self._feed():
                return False
        return True

    async def _feed(self) -> bool:
        received = await self._reader.read(65536)
        if received:
            self._parser.feed_data(received)
        return bool(received)

    async def _play(self, step: Step) -> bool:
        if isinstance(step, Send):
            self._writer.write(step.payload)
            await self._writer.drain()
        elif isinstance(step, Wait):
            await asyncio.sleep(step.seconds)
        elif isinstance(step, Until):
            await step.event.wait()
        elif isinstance(step, Hang):
            while await self._reader.read(65536):
                pass
            return False
        elif isinstance(step, Close):
            self._writer.close()
            return False
        elif isinstance(step, Die):
            await asyncio.sleep(0.01)  # lets what was written leave before the reset
            self._writer.transport.abort()
            return False
        return True

    def on_url(self, url: bytes) -> None:
        self._request.target += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._request.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._head_done = True

    def on_body(self, body: bytes) -> None:
        self._request.body += body

    def on_message_complete(self) -> None:
        self._complete = True
