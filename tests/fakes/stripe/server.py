"""HTTP on a port of 127.0.0.1: the API under /v1, the pages people see beside it."""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import urlsplit

from tests.fakes.stripe import pages
from tests.fakes.stripe.api import Api, Reset, Silent
from tests.fakes.stripe.pages.answers import PageAnswer
from tests.fakes.stripe.params import Params, decoded
from tests.fakes.stripe.routing import Request


class Server(ThreadingHTTPServer):
    """The server. ended: set when it stops, so that nobody waits for a silent answer."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, api: Api, site: pages.Site, port: int = 0) -> None:
        self.api = api
        self.site = site
        self.ended = threading.Event()
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        """Serve in a thread."""
        threading.Thread(target=self.serve_forever, args=(0.05,), name="stripe", daemon=True).start()

    def stop(self) -> None:
        """End, and wait for nobody."""
        self.ended.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is nothing to tell of; everything else is."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        server = cast(Server, self.server)
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        given = decoded(address.query) | decoded(body)
        if address.path.startswith("/v1/"):
            self._answer_call(server, address.path, given)
        else:
            self._answer_page(server.site.answer(self.command, address.path, given))

    def _answer_call(self, server: Server, path: str, given: dict[str, Any]) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(
            method=self.command,
            path=path,
            params=Params(given),
            idempotency_key=headers.get("idempotency-key"),
            account=headers.get("stripe-account", ""),
            headers=headers,
        )
        try:
            status, answer, more = server.api.handle(request)
        except Silent:
            self._be_silent(server)
        except Reset:
            self._reset()
        else:
            self._send(status, "application/json", json.dumps(answer).encode(), more)

    def _answer_page(self, page: PageAnswer) -> None:
        self._send(page.status, "text/html; charset=utf-8", page.html.encode(), page.headers)

    def _send(self, status: int, kind: str, body: bytes, headers: dict[str, str]) -> None:
        lines = {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store", **headers}
        head = f"HTTP/1.1 {status} Answer\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.wfile.write(head.encode() + b"\r\n" + body)

    def _be_silent(self, server: Server) -> None:
        """Say nothing until the caller goes, or the server ends."""
        while not server.ended.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.05)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                break
        self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
