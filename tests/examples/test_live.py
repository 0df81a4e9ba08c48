from __future__ import annotations

import asyncio

import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from config.embedded.engines import free_port
from examples.upstream.accounts import KEYS
from examples.upstream.app import Upstream


@pytest.fixture
async def url():
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(Upstream(), port=port, log_level="warning", log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:
            await asyncio.sleep(0.01)
    yield f"ws://127.0.0.1:{port}"
    server.should_exit = True
    await task


class TestTheEcho:
    async def test_sends_back_what_it_is_sent(self, url):
        headers = {"Authorization": f"Bearer {KEYS['tidewater']}"}
        async with connect(f"{url}/tidewater/live", additional_headers=headers, proxy=None) as socket:
            for message in ("hello", b"\x00\xff"):
                await socket.send(message)
                assert await socket.recv() == message

    async def test_wants_the_accounts_key(self, url):
        with pytest.raises(InvalidStatus):
            async with connect(f"{url}/tidewater/live", proxy=None):
                pass
