"""A real gateway process on real engines that are stopped and emptied under it: calls go on, and are charged later."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psycopg
import pytest
import redis

from benchmarks.gateway import targets, world
from config.embedded import engines

pytestmark = pytest.mark.chaos

CALLERS = 4
BODY = {"model": "bench", "max_tokens": 4, "messages": [{"role": "user", "content": "Listen"}]}


class Running:
    """A gateway with its database, its Redis and its upstream, each a process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.upstream = targets.upstream()
        self.world = world.build(folder, upstream_port=self.upstream.port, services=1, keys=1)
        self.gateway = targets.gateway(self.world.environment, key=self.world.key, path=world.PATH)
        self.answered: list[str] = []

    async def load(self, seconds: float) -> set[int]:
        """Call from several sides for a while, one of them under /m/. Return the statuses."""
        until = time.monotonic() + seconds
        paths = [world.PATH] * CALLERS + [f"/m{world.PATH}?_ttl=1s"]
        return set().union(*await asyncio.gather(*(self._calls(until, path) for path in paths)))

    async def draw(self) -> int:
        """Make a call that may cost much and does not: what it leaves of its lease pays for those that follow."""
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.gateway.port}", timeout=10) as client:
            headers = {"authorization": f"Bearer {self.world.key}"}
            answer = await client.post(world.PATH, json={**BODY, "max_tokens": 1_000_000}, headers=headers)
        self.answered.append(answer.headers["x-request-id"])
        return answer.status_code

    async def _calls(self, until: float, path: str) -> set[int]:
        headers = {"authorization": f"Bearer {self.world.key}"}
        statuses = set()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.gateway.port}", headers=headers) as client:
            while time.monotonic() < until:
                answer = await client.post(path, json=BODY, timeout=10)
                statuses.add(answer.status_code)
                is_charged = answer.headers.get("x-usvc-cache") != "hit"
                if is_charged and answer.status_code == 200:
                    self.answered.append(answer.headers["x-request-id"])
                await asyncio.sleep(0.01)  # no hurry: what counts is that calls are under way all the while
        return statuses

    def arrived(self) -> set[str]:
        """Return the ids in the usage inbox."""
        with psycopg.connect(self.world.environment["DATABASE_URL"]) as connection:
            rows = connection.execute("SELECT event_id::text FROM rating_usageinbox").fetchall()
        return {row[0] for row in rows}

    def settle(self) -> str:
        """Settle once; return what the command says of it."""
        command = [sys.executable, "manage.py", "settle", "--once"]
        environment = {**os.environ, **self.world.environment}
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout

    def stop(self) -> None:
        self.gateway.stop()
        self.upstream.stop()
        world.stop(self.folder)


@pytest.fixture
def running(tmp_path):
    made = Running(tmp_path)
    yield made
    made.stop()


async def test_calls_go_on_when_redis_is_emptied_and_stopped_and_when_postgresql_is_stopped(running):
    assert await running.load(1) == {200}

    redis.Redis.from_url(running.world.environment["REDIS_URL"]).flushall()
    assert await running.load(1) == {200}
    engines.stop_redis(running.folder / "redis")
    assert await running.load(1) == {200}

    # calls are under way all the while: what lies idle is given back, and then there is nothing to spend
    loading = asyncio.create_task(running.load(10))
    assert await running.draw() == 200
    await asyncio.to_thread(engines.stop_postgres, running.folder / "postgres")
    until_then = len(running.answered)
    assert await loading == {200}
    before = len(running.answered)
    assert before > until_then

    engines.start_postgres(running.folder / "postgres")
    deadline = time.monotonic() + 60
    while not set(running.answered) <= running.arrived() and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
    assert set(running.answered) <= running.arrived()
    assert running.settle().startswith(f"{before} charged, 0 known before")
