"""A gateway that is killed while a WebSocket is open: what its last checkpoint knew is charged, once."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from types import SimpleNamespace

import httpx
import pytest

from config.embedded.engines import free_port
from domain import api_keys
from tests.gateway.sockets.conftest import closed, connected


class Process:
    """A gateway process that can be killed and started again."""

    def __init__(self, folder, upstream):
        self.folder, self.port, self.key = folder, free_port(), api_keys.new_key()
        self.url = f"http://127.0.0.1:{self.port}"
        self._upstream_port = upstream.url.rpartition(":")[2]

    async def start(self):
        environment = {**os.environ, "GATEWAY_KEY": self.key, "GATEWAY_ACCESS": "websocket"}
        command = [sys.executable, "-m", "tests.gateway.crashing.process", str(self.folder), str(self.port)]
        self.process = subprocess.Popen([*command, self._upstream_port], env=environment)
        async with httpx.AsyncClient() as http, asyncio.timeout(30):
            while True:
                try:
                    if (await http.get(f"{self.url}/healthz")).status_code == 200:
                        return
                except httpx.HTTPError:
                    await asyncio.sleep(0.05)

    def events(self):
        with sqlite3.connect(self.folder / "inbox.sqlite") as connection:
            rows = connection.execute("SELECT payload FROM inbox").fetchall()
        return [json.loads(payload) for (payload,) in rows]

    def checkpoints(self):
        """Return what the spool's files say by now."""
        return b"".join(path.read_bytes() for path in (self.folder / "spool").glob("*") if path.is_file())


@pytest.fixture
async def process(tmp_path, upstream):
    process = Process(tmp_path, upstream)
    await process.start()
    yield process
    process.process.kill()


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.05)


class TestKilled:
    async def test_it_charges_what_the_last_checkpoint_knew(self, process):
        async with connected(SimpleNamespace(url=process.url, key=process.key), "/p/acme/chat") as socket:
            await socket.send("x" * 4321)
            await socket.recv()
            await until(lambda: b'"bytes_in":4321' in process.checkpoints())
            process.process.kill()
            process.process.wait()
            assert (await closed(socket))[0] == 1006
        await process.start()
        await until(process.events)
        (event,) = process.events()
        assert (event["usage"]["bytes_in"], event["usage"]["bytes_out"]) == (4321, 4321)
        assert (event["status"], event["outcome"]) == (101, "interrupted")
        assert event["request_bytes"] == 4321

    async def test_it_ends_well_when_it_is_told_to_stop(self, process):
        async with connected(SimpleNamespace(url=process.url, key=process.key), "/p/acme/chat") as socket:
            await socket.send("x" * 99)
            await socket.recv()
            process.process.terminate()
            assert (await closed(socket))[0] == 1001
        process.process.wait(20)
        (event,) = process.events()
        assert (event["usage"]["bytes_in"], event["flags"]) == (99, ["gateway_stopped"])
