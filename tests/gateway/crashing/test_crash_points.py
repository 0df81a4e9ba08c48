"""A gateway killed at every named moment around write, sync, ship, commit and unlink loses and doubles nothing."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from config.embedded.engines import free_port
from domain import api_keys
from gateway import crash_points
from tests.fakes.upstream import FakeUpstream, Hang, json_answer

pytestmark = pytest.mark.chaos

#: How often a moment must come before the process dies at it: late enough for segments to come and go.
NTH = {"call.before_upstream": 60, "call.before_final": 60, "call.after_final": 60, "spool.after_rotate": 3,
       "spool.before_unlink": 2, "spool.after_unlink": 2, "spool.after_carry_over": 2}  # fmt: skip
#: Every moment while calls go the short way, and those of a call itself also while they go the long one.
LIVES = [(name, "plain") for name in crash_points.NAMES]
LIVES += [(name, "general") for name in crash_points.NAMES if name.startswith("call.")]
PATHS = {"plain": "/p/acme/chat", "general": "/f/p/acme/chat?_else=p/acme/chat"}
CALLERS = 8


class Crashing:
    """A gateway process over its deaths, and what its clients were told."""

    def __init__(self, folder: Path, upstream: FakeUpstream) -> None:
        self.folder, self.upstream = folder, upstream
        self.port, self.key = free_port(), api_keys.new_key()
        self.answered: dict[str, str] = {}  # {request id: in which life}
        self.life = ""
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self, crash_at: str = "") -> None:
        environment = {**os.environ, "GATEWAY_KEY": self.key, "CRASH_AT": crash_at}
        command = [sys.executable, "-m", "tests.gateway.crashing.process", str(self.folder), str(self.port)]
        self.process = subprocess.Popen([*command, str(self.upstream.port)], env=environment)
        async with httpx.AsyncClient() as http, asyncio.timeout(30):
            while self.process.poll() is None:
                try:
                    if (await http.get(f"http://127.0.0.1:{self.port}/healthz")).status_code == 200:
                        return
                except httpx.HTTPError:
                    await asyncio.sleep(0.05)

    async def call(self, http: httpx.AsyncClient, path: str) -> bool:
        """Make a call. Return whether its whole answer came."""
        try:
            answer = await http.post(path, json={"model": "m"})
        except httpx.HTTPError:
            return False
        if answer.status_code == 200:
            assert answer.headers["x-request-id"] not in self.answered, "an id was given twice"
            self.answered[answer.headers["x-request-id"]] = self.life
        return answer.status_code == 200

    async def load(self, calls: int, way: str = "plain") -> None:
        """Make calls, some at a time, until they are made or the process is dead."""
        headers = {"authorization": f"Bearer {self.key}"}
        limits = httpx.Limits(max_connections=CALLERS + 1)
        base = f"http://127.0.0.1:{self.port}"
        async with httpx.AsyncClient(base_url=base, headers=headers, timeout=10, limits=limits) as http:
            long_one = asyncio.create_task(
                self.call(http, "/p/acme/chat/slow")
            )  # its intent is carried from segment to segment

            async def caller() -> None:
                for _ in range(calls // CALLERS):
                    if not await self.call(http, PATHS[way]):
                        return

            await asyncio.gather(*(caller() for _ in range(CALLERS)))
            long_one.cancel()
            await asyncio.gather(long_one, return_exceptions=True)

    def events(self) -> dict[str, dict]:
        """Return what has arrived, by event id."""
        with sqlite3.connect(self.folder / "inbox.sqlite") as connection:
            rows = connection.execute("SELECT event_id, payload FROM inbox").fetchall()
        return {event_id: json.loads(payload) for event_id, payload in rows}


@pytest.fixture
async def crashing(tmp_path):
    async with FakeUpstream() as upstream:
        upstream.answers_by(lambda asked: [Hang()] if asked.target.endswith("slow") else json_answer({"ok": 1}))
        gateway = Crashing(tmp_path, upstream)
        yield gateway
        if gateway.process is not None and gateway.process.poll() is None:
            gateway.process.kill()


async def test_killed_at_every_named_moment_it_loses_and_doubles_nothing(crashing):
    """One life after another, each ended at another moment; every start also recovers what the one before left."""
    for point, way in LIVES:
        crashing.life = f"{point}, {way}"
        await crashing.start(crash_at=f"{point}:{NTH.get(point, 12)}:{way}")
        await crashing.load(4000, way)
        assert crashing.process.wait(10) == -signal.SIGKILL, f"{crashing.life} never came"
    crashing.life = "at last"
    await crashing.start()
    await crashing.load(40)
    crashing.process.terminate()
    assert crashing.process.wait(20) in (0, -signal.SIGTERM)

    events, answered = crashing.events(), crashing.answered
    # in some lives the moment comes while the start still clears up after the one before
    assert len(set(answered.values())) > len(LIVES) / 2
    assert [life for request_id, life in answered.items() if request_id not in events] == [], "lost"
    changed = [life for request_id, life in answered.items() if events[request_id]["outcome"] != "completed"]
    assert changed == [], "an answered call was booked as something else"
    assert {event["outcome"] for event in events.values()} <= {"completed", "interrupted", "failed"}
    assert not (crashing.folder / "spool" / "refused.jsonl").exists()
