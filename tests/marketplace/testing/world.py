"""A gateway and an upstream on real sockets, over the database of the test, in a thread of their own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import uvicorn
from django.conf import settings
from django.db import connection

from config.embedded.engines import free_port
from gateway.app import GatewayApp
from gateway.door.protocol import DoorProtocol
from gateway.settings import GatewaySettings
from tests.fakes.upstream import FakeUpstream
from tests.gateway.harness import PRIVATE_KEY

T = TypeVar("T")


class World:
    """url: of the gateway; None while it is away. upstream: what services lead to."""

    def __init__(self, folder: Path, *, allow_private: bool = True) -> None:
        self.upstream = FakeUpstream()
        self._folder, self._allow_private = folder, allow_private
        self._port = free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start both and wait until they serve."""
        self._thread.start()
        self._do(self.upstream.start())
        self._do(self._start())

    def stop(self) -> None:
        """Stop both."""
        self._server.should_exit = True
        self._do(self._serving)
        self._do(self.upstream.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @contextlib.contextmanager
    def beside(self, other: AbstractAsyncContextManager[T]) -> Iterator[T]:
        """Have another upstream at work."""
        yield self._do(other.__aenter__())
        self._do(other.__aexit__(None, None, None))

    async def _start(self) -> None:
        app = GatewayApp(self._settings)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                host="127.0.0.1",
                port=self._port,
                http=DoorProtocol,
                lifespan="on",
                log_config=None,
                loop="asyncio",
            )
        )
        self._serving = asyncio.ensure_future(self._server.serve())
        async with asyncio.timeout(15):
            while not self._server.started:
                await asyncio.sleep(0.01)

    def _settings(self) -> GatewaySettings:
        return GatewaySettings(
            database_url=_address(),
            api_key_pepper=settings.API_KEY_PEPPER.encode(),
            private_keys=(PRIVATE_KEY,),
            spool_directory=self._folder / "spool",
            gateway_id="tested",
            site_url="http://site.example",
            allow_private_upstreams=self._allow_private,
            poll_seconds=0.05,
        )

    def _do(self, work: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(awaited(), self._loop).result(30)


@contextlib.contextmanager
def running(folder: Path, *, allow_private: bool = True) -> Iterator[World]:
    """Give a world that is at work."""
    world = World(folder, allow_private=allow_private)
    world.start()
    try:
        yield world
    finally:
        world.stop()


def _address() -> str:
    """Return the address of the test's database."""
    parts = urlsplit(settings.DATABASE_URL)
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
