"""The health checks of containers."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from config import healthcheck
from config.embedded.redis_server import free_port


@pytest.fixture
def server() -> Iterator[http.server.HTTPServer]:
    class Handler(http.server.BaseHTTPRequestHandler):
        status = 200

        def do_GET(self) -> None:
            self.send_response(Handler.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


class TestHttp:
    @pytest.mark.parametrize(("status", "ending"), [(200, 0), (404, 0), (503, 1)])
    def test_fails_when_the_server_says_that_it_is_broken(self, server, status, ending):
        server.RequestHandlerClass.status = status
        assert healthcheck.main(["http", str(server.server_port)]) == ending

    def test_fails_when_nobody_answers(self):
        assert healthcheck.main(["http", str(free_port())]) == 1


class TestEngines:
    def test_succeeds_when_both_answer(self):
        assert healthcheck.main(["engines"]) == 0

    @pytest.mark.parametrize(
        ("name", "value"),
        [("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"), ("REDIS_URL", "redis://127.0.0.1:1/0")],
    )
    def test_fails_when_one_is_away(self, monkeypatch, name, value):
        monkeypatch.setenv(name, value)
        assert healthcheck.main(["engines"]) == 1


class TestUsage:
    def test_is_told_to_whoever_asks_for_something_else(self, capsys):
        assert healthcheck.main(["else"]) == 2
        assert "http PORT | engines" in capsys.readouterr().err
