"""What a tab of the screen asks: the page that it is to show, files that it may keep, and what the desk answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders

from tests.browser import axe

_STATIC = "/static/"
_STYLES = "css/app.css"


@dataclass(frozen=True)
class Answer:
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


class Server(ThreadingHTTPServer):
    """One for each tab, since only it knows who looks. ask: answers what is neither the page nor a file."""

    daemon_threads = True
    #: A browser asks for all files of a page at once.
    request_queue_size = 64

    def __init__(self, ask: Callable[[str, dict[str, str]], Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ask = ask
        Thread(target=self.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        """Return where it is. Browsers trust the name as they trust https."""
        return f"http://localhost:{self.server_port}"

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A tab that has moved on hangs up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        answer = _file(self.path) if self.path.startswith(_STATIC) else self._asked()
        self.send_response(answer.status)
        for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def _asked(self) -> Answer:
        return self.server.ask(self.path, {name.lower(): value for name, value in self.headers.items()})

    def log_message(self, *_: object) -> None:
        """Say nothing."""


_files: dict[str, Answer] = {}


def _file(address: str) -> Answer:
    """Return a static file, which the browser keeps. With our styles nothing fades from one look to the next."""
    name = urlsplit(address).path.removeprefix(_STATIC)
    if name not in _files:
        path = finders.find(name)
        body = Path(path).read_bytes() if path else b""
        still = axe.STILL.encode() if name == _STYLES else b""
        kind = guess_type(name)[0] or "application/octet-stream"
        headers = {"Content-Type": kind, "Cache-Control": "max-age=3600, immutable"}
        _files[name] = Answer(body + still, headers, 200 if path else 404)
    return _files[name]
