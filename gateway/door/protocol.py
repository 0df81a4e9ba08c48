"""One connection: gateway requests go straight into the pipeline, all others to the ASGI application beside it.

Mounted by uvicorn in place of its own protocol, which this one is built on: sockets, workers, signals, shutdown and the
pages' requests stay uvicorn's. The application puts a `Desk` into the state of its lifespan.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.server import ServerState

from gateway.context import Headers
from gateway.door import answers, contexts, heads
from gateway.door.call import Call
from gateway.door.closing import DEFAULTS, ClosingProtocol
from gateway.door.desk import STATE_KEY, Desk
from gateway.door.known import HeadMemory, KnownHead
from gateway.errors import GatewayError
from gateway.grpc.server import PREFACE, GrpcDoor
from gateway.plain.repeats import Repeat
from gateway.sockets.client import ClientSocket
from gateway.telling import client_left


class DoorProtocol(ClosingProtocol):
    """A connection of uvicorn's. One request is answered at a time; the next ones wait, and reading with them."""

    __slots__ = ("_body_bytes", "_check", "_desk", "_greeting", "_in_head", "_is_held", "_is_idle",
                 "_is_leaving", "_is_ours", "_limits", "_memory", "_names", "_pieces", "_repeat", "_target",
                 "_unread_bytes", "_waiting")  # fmt: skip

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.ws_protocol_class = None  # the pages have no WebSockets; the gateway's are its own
        self.parser = httptools.HttpRequestParser(self)  # strict: without the leniency of uvicorn's own
        if STATE_KEY not in app_state:
            raise RuntimeError("The door serves a gateway: start the server with its application, and lifespan on.")
        self._desk: Desk = app_state[STATE_KEY]
        self._limits = self._desk.limits
        self.default_headers = b""
        self._waiting: deque[Call] = deque()
        self._greeting: bytes | None = b""  # what may be the beginning of HTTP/2
        self._is_leaving = False  # the connection becomes a WebSocket
        self._is_held = False  # the next call waits until the client has read the last answer
        self._is_idle = True  # no byte of the next request has come
        self._unread_bytes = 0  # fed since the head's end or the last piece of body
        self._is_ours = False
        self._memory = HeadMemory()
        self._repeat = Repeat()  # of the last head that was parsed
        self._begin()

    def _begin(self) -> None:
        self._target = b""
        self._names: Headers = []
        self._check = heads.HeadCheck()
        self._pieces: list[bytes] = []
        self._body_bytes = 0
        self._in_head = True

    # the transport's side

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.deadline = self.loop.time() + self._limits.head_seconds
        self._desk.deadlines.watch(self, self.loop)

    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            return
        if self._greeting is not None and not (data := self._greet(data)):
            return
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        is_first = self._is_idle
        if is_first and self._call is None and self._recognise(data):
            return
        self._is_idle = False
        self._unread_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(cause if isinstance(cause, GatewayError) else heads.malformed(heads.reason(error)))
            return
        if not self._is_idle:
            self._wait_for_the_rest(is_first)
        elif is_first and self._is_ours:
            self._learn(data)

    def _recognise(self, data: bytes) -> bool:
        """Take a whole request whose head is the known one. Return whether it is."""
        deps = self._desk.deps
        ctx = self._memory.recognise(data, deps.settings.body_limit_bytes)
        if ctx is None:
            return False
        if self.is_write_paused:
            self._await_reader()
        else:
            self.deadline = math.inf
        self._run(Call(self, ctx, deps, keeps=True, is_old=False))
        return True

    def _learn(self, data: bytes) -> None:
        """Remember the head of a request that came in one piece."""
        check = self._check
        is_plain = self._keeps() and not check.expects_continue and check.coding is None and not self._is_deaf
        if is_plain and self._desk.own_answer(self._target) is None:
            self._memory.learn(data, KnownHead(*self._asked(), self._repeat), self._body_bytes)
        else:
            self._memory.forget()

    def _greet(self, data: bytes) -> bytes:
        """Look at the first bytes of a connection, and return them when they are HTTP/1.1's."""
        data = (self._greeting or b"") + data
        if data[: len(PREFACE)] != PREFACE[: len(data)]:
            self._greeting = None
            return data
        self._greeting = data
        if len(data) >= len(PREFACE):
            self._is_deaf = True
            self._become(GrpcDoor(self._desk.deps, self.server_state, self._desk.deadlines), data)
        return b""

    def _wait_for_the_rest(self, is_first: bool) -> None:
        """Set a deadline for a request that has come in part. is_first: this part was the beginning."""
        if self._unread_bytes > self._limits.header_bytes + self._limits.url_bytes:
            self._refuse(heads.too_large())
        elif self._is_ours and not self._in_head:
            self._allow(self._limits.body_idle_seconds)
        elif is_first and self._in_head:
            self._allow(self._limits.head_seconds)

    def eof_received(self) -> None:
        """A client that closes its side has hung up: returning nothing closes ours."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._desk.deadlines.forget(self)
        self._is_deaf = True
        self._waiting.clear()
        if (call := self._call) is not None:
            self._outlive(call)
            call.leave()
        if self._upload is not None:
            self._upload.fail(client_left())
        self.resume_writing()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Answer what is under way, and then close."""
        if self._call is not None:
            self._call.close_after()
            self._outlive(self._call)
        else:
            super().shutdown()

    def expire(self, now: float) -> None:
        """End what takes too long: a request, a client that does not read, a connection that nobody uses."""
        self.deadline = math.inf
        if self._upload is not None:
            self._upload.fail(heads.too_slow())
        elif self._is_deaf or self._call is not None or self.transport.is_closing():
            self.transport.abort()
        elif self._is_idle or self._is_held:
            self._close()
        else:
            self._refuse(heads.too_slow())

    # the parser's side

    def on_message_begin(self) -> None:
        self._is_idle = False  # also of one that begins behind another
        self._begin()

    def on_url(self, url: bytes) -> None:
        self._target += url
        if len(self._target) > self._limits.url_bytes:
            raise heads.too_large()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer: counted with the bytes, and thrown away
        name = name.lower()
        if name in heads.WATCHED:
            self._check.take(name, value)
        self._names.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        parser, check = self.parser, self._check
        method = parser.get_method()
        heads.check_method(method)
        host = check.finish(parser.get_http_version())
        if not self._target.startswith(b"/") or b"#" in self._target:
            self._target = heads.target_of(self._target, host)
        heads.check_size(self._names, self._unread_bytes, self._limits)
        self._unread_bytes = 0
        if self._is_deaf:
            return
        self._is_ours = self._desk.is_gateways(self._target)
        if not self._is_ours:
            self._hand_over()
        elif parser.should_upgrade():
            self._expect_socket(method, check)
        else:
            self._expect_body(check)

    def on_body(self, body: bytes) -> None:
        self._unread_bytes = 0
        if self._is_deaf:
            return
        if not self._is_ours:
            super().on_body(body)
            return
        if self._upload is not None:
            self.take_upload(body)
            return
        self._body_bytes += len(body)
        if self._body_bytes > self._desk.deps.settings.body_limit_bytes:
            raise heads.body_too_large(self._desk.deps.settings.body_limit_bytes)
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        self._unread_bytes = 0
        self._is_idle = True
        if self._is_deaf:
            return
        if not self._is_ours:
            super().on_message_complete()
            return
        self._await_reader()
        if self._upload is not None:
            self.end_upload()
            return
        self._repeat = Repeat()
        body = contexts.whole(self._pieces, self._check.length)
        ctx = contexts.begun(*self._asked(), body, repeat=self._repeat)
        is_old = self.parser.get_http_version() == "1.0"
        call = Call(self, ctx, self._desk.deps, keeps=self._keeps(), is_old=is_old)
        if self._call is None and not self._is_held:
            self._start(call)
        else:
            self._waiting.append(call)
            self.flow.pause_reading()

    def _expect_body(self, check: heads.HeadCheck) -> None:
        if self.has_page_under_way:
            self._stop_listening()  # two kinds of answers must not overtake each other: this one is asked for again
            return
        limit = self._desk.deps.settings.body_limit_bytes
        if check.length is not None and check.length > limit:
            self._expect_upload(check, check.length)
        elif check.expects_continue and self._call is None:
            self.write(answers.CONTINUE)

    def _expect_upload(self, check: heads.HeadCheck, length: int) -> None:
        """Begin a call whose body is too long to be held, if its service takes such."""
        if self._call is not None:
            self._stop_listening()
            return
        ctx = contexts.begun(*self._asked(), b"")
        ctx.upload = self.open_upload(length, answers.CONTINUE if check.expects_continue else b"")
        self.default_headers = DEFAULTS.rendered(self.server_state.default_headers)
        self._call = Call(self, ctx, self._desk.deps, keeps=False, is_old=self.parser.get_http_version() == "1.0")
        self._call.start_upload()

    def _expect_socket(self, method: bytes, check: heads.HeadCheck) -> None:
        """Let nothing else come on this connection: it is to become a WebSocket."""
        if self._call is not None or self.has_page_under_way:
            self._stop_listening()
            return
        check.check_upgrade(method, self._names)
        self._is_deaf = self._is_leaving = True

    def _hand_over(self) -> None:
        """Let the ASGI application beside the gateway have the request."""
        if self._call is not None:
            self._stop_listening()
            return
        self.deadline = math.inf
        self._memory.forget()
        self.begin_page(self._target, self._names)

    def _upgrade(self, rest: bytes) -> None:
        """Give the connection away. rest: what came behind the request."""
        if self._is_leaving:
            ctx = contexts.begun(*self._asked(), b"".join(self._pieces), access="websocket")
            self._become(ClientSocket(ctx, self._desk.deps, self.server_state), rest)
        elif not self._is_deaf:
            self._unsupported_upgrade_warning()

    def _become(self, successor: ClientSocket | GrpcDoor, rest: bytes) -> None:
        """Let another protocol have the connection."""
        self._desk.deadlines.forget(self)
        self.connections.discard(self)
        self.transport.set_protocol(successor)
        successor.connection_made(self.transport)
        if rest:
            successor.data_received(rest)

    # calls

    def _keeps(self) -> bool:
        """Return whether the client that sent the last request wants the connection again."""
        return self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()

    def _asked(self) -> tuple[str, str, str, Headers]:
        path, _, query = self._target.decode("latin-1").partition("?")
        return self.parser.get_method().decode("ascii"), path, query, self._names

    def _start(self, call: Call) -> None:
        if (answer := self._desk.own_answer(self._target)) is not None:
            self._write_answer(answer, b"" if call.keeps else b"connection: close\r\n")
            self.answered(keep=call.keeps)
        else:
            self._run(call)

    def _run(self, call: Call) -> None:
        self.default_headers = DEFAULTS.rendered(self.server_state.default_headers)
        self._call = call
        call.start()

    def answered(self, *, keep: bool) -> None:
        """Take the end of a call."""
        self._call = None
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self._upload is not None:
            self._linger()  # the client is still sending
            return
        if not keep or (self._is_deaf and not self._waiting):
            self._close()
            return
        if self.is_write_paused:
            self._is_held = True
            self._await_reader()
            self.flow.pause_reading()
            return
        self._go_on()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._is_held:
            self._is_held = False
            if not self.transport.is_closing():
                self._go_on()

    def _go_on(self) -> None:
        """Begin the next call, or wait for one."""
        if self._waiting:
            self._start(self._waiting.popleft())
            return
        seconds = self.timeout_keep_alive if self._is_idle else self._limits.body_idle_seconds
        self.deadline = self.loop.time() + seconds
        if self.flow.read_paused:
            self.flow.resume_reading()
