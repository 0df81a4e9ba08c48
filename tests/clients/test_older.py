"""Programs of customers who stay with the client 0.1.22."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.clients import environments
from tests.clients.world import CHAT, TOPICS, World

pytestmark = pytest.mark.journey


def test_every_method_of_the_managers_works(world: World, tmp_path: Path):
    python = environments.python("mcp")
    given = [world.marketplace.key, world.marketplace.url, str(world.service(CHAT)), str(world.service(TOPICS))]
    script = Path(__file__).with_name("older.py")
    ran = subprocess.run(
        [str(python), str(script), *given], cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    told = json.loads(ran.stdout.splitlines()[-1])
    assert told["called"] == told["surface"]
