"""A process killed at any moment has lost nothing that it said was durable."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from gateway.spool.spool import Spool
from tests.gateway.spool.conftest import SMALL

ROOT = Path(__file__).parents[3]
KILLS = 6


def kill_one(folder: Path, delay: float, *, from_the_start: bool) -> tuple[list[str], list[str]]:
    """Run the busy process for a moment, kill it, and return the ids it called durable and those it had shipped.

    from_the_start: count from its launch, so that it may also die while it recovers what the last one left.
    """
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("busy_process.py")), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    )
    first = b"" if from_the_start else process.stdout.readline()
    time.sleep(delay)
    process.kill()
    out, err = process.communicate()
    durable = (first + out).decode().split("\n")[:-1]
    return durable, err.decode().split("\n")[:-1]


@pytest.mark.chaos
class TestKilledProcess:
    async def test_leaves_every_durable_event_behind_exactly_once(self, tmp_path):
        folder, seed = tmp_path / "spool", random.randrange(2**32)
        moments = random.Random(seed)
        durable: list[str] = []
        shipped: list[str] = []
        for number in range(KILLS):
            acknowledged, confirmed = kill_one(folder, moments.uniform(0, 0.4), from_the_start=number % 2 == 1)
            durable += acknowledged
            shipped += confirmed

        spool = await Spool.open(folder, limits=SMALL)
        outcomes: dict[str, str] = {}
        left = Counter()
        while (batch := await spool.pending()) is not None:
            for final in batch.finals:
                left[final.event_id] += 1
                outcomes[final.event_id] = json.loads(final.payload).get("outcome", "completed")
            spool.confirm(batch)
        await spool.close()

        assert len(durable) == len(set(durable)) > 100, seed
        assert set(durable) <= set(shipped) | set(left), seed
        assert max(left.values(), default=1) == 1, seed
        # nothing that was durable as complete may come back as cut off
        assert not [name for name in durable if outcomes.get(name) == "interrupted"], seed
        assert list(folder.glob("*.bad")) == []
        assert list(folder.glob("*.seg")) == []
