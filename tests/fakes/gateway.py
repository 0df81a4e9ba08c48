"""A gateway that writes down which runs called it: what the dispatcher sees of the real one, and no more."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from django.conf import settings

from domain import call_tokens
from domain.call_tokens import CallToken


@dataclass(frozen=True)
class Seen:
    """A call that came in. at: seconds since 1970."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    token: CallToken | None
    at: float
    request_id: str

    @property
    def key(self) -> str:
        return self.headers.get("idempotency-key", "")


@dataclass(frozen=True)
class Reply:
    """own: a refusal of the gateway's own, with its code."""

    status: int = 200
    body: bytes = b'{"ok": true}'
    headers: dict[str, str] = field(default_factory=dict)
    own: str = ""
    wait: float = 0
    hangs_up: bool = False


class FakeGateway:
    """reply: what a call is answered with."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.reply: Callable[[Seen], Reply] = lambda seen: Reply()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeGateway:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 2048  # two dispatchers at once may have a thousand calls under way
    block_on_close = False


def _handler(gateway: FakeGateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            token = call_tokens.read(
                headers.get("authorization", "").removeprefix("Bearer "), settings.API_KEY_PEPPER.encode()
            )
            seen = Seen(self.command, self.path, headers, body, token, time.time(), str(uuid4()))
            gateway.seen.append(seen)
            reply = gateway.reply(seen)
            if reply.wait:
                time.sleep(reply.wait)
            if reply.hangs_up:
                self.close_connection = True
                return
            self.send(seen, reply)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer

        def send(self, seen: Seen, reply: Reply) -> None:
            content, size = reply.body, len(reply.body)
            if reply.own:
                error: dict[str, Any] = {
                    "code": reply.own,
                    "message": f"It is {reply.own}.",
                    "request_id": seen.request_id,
                }
                content = json.dumps({"error": error}).encode()
            self.send_response(reply.status)
            self.send_header("content-length", str(len(content)))
            self.send_header("x-request-id", seen.request_id)
            if not reply.own:
                self.send_header("x-usvc-size", str(size))
            for name, value in {"content-type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return None

    return Handler
