"""A gateway beside the pages, on the tests' own database and Redis, in a thread of its own; and an upstream."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from django.conf import settings

from config.embedded.engines import free_port
from gateway.app import GatewayApp
from gateway.door.protocol import DoorProtocol
from gateway.settings import GatewaySettings
from tests.databases import address
from tests.fakes.upstream import FakeUpstream, Recorded, Script, json_answer


class Live:
    """url: of the gateway. scripts: what the upstream answers, by the first segment of the path."""

    def __init__(self, folder: Path) -> None:
        self.url, self.scripts = "", dict[str, Script]()
        self.upstream = FakeUpstream()
        self.upstream.answers_by(self._script)
        self._folder, self._ready = folder, threading.Event()
        self._database = address()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="gateway")

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(20)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()

    def offering(self, name: str, **fields: object) -> dict[str, object]:
        """Return the offering of a service whose calls end at this upstream, under /name."""
        return {"upstream_access_config": {"default": {"base_url": f"{self.upstream.url}/{name}"}}, **fields}

    def asked(self, name: str) -> list[Recorded]:
        """Return what came in for a name."""
        return [each for each in self.upstream.requests if each.target.split("?")[0].split("/")[1] == name]

    def _script(self, asked: Recorded) -> Script:
        name = asked.target.split("?")[0].split("/")[1]
        return self.scripts.get(name) or json_answer({"from": name})

    async def _serve(self) -> None:
        where = GatewaySettings(
            database_url=self._database,
            api_key_pepper=settings.API_KEY_PEPPER.encode(),
            private_keys=(),
            spool_directory=self._folder / "spool",
            gateway_id="live",
            site_url=settings.SITE_URL,
            allow_private_upstreams=True,
            redis_url=os.environ["REDIS_URL"],
        )
        port = free_port()
        app = GatewayApp(lambda: where)
        # client, pages and gateway take turns in one interpreter: a connection may rest for long between two calls
        config = uvicorn.Config(app, host="127.0.0.1", port=port, http=DoorProtocol, access_log=False, log_config=None,
                                log_level="error", loop="asyncio", lifespan="on", timeout_keep_alive=60)  # fmt: skip
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None
        self.url = f"http://127.0.0.1:{port}"
        async with self.upstream:
            serving = asyncio.create_task(self._server.serve())
            while not self._server.started and not serving.done():
                await asyncio.sleep(0.01)
            self._ready.set()
            await serving


@contextlib.contextmanager
def live(folder: Path) -> Iterator[Live]:
    """Start both; stop them at the end."""
    made = Live(folder)
    made.start()
    try:
        yield made
    finally:
        made.stop()
