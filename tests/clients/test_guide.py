"""The snippets of the customers' guide, as printed, as far as the published versions can run them.

Two lines of it run with no version of today: `client.secrets.create` is `client.secrets.set` since 0.1.2, and an alias
has a `target_path` where the guide prints `alias.target`.
"""

from __future__ import annotations

import os
import subprocess
import sys

import httpx
import pytest
from unitysvc import Client

from tests.clients.usvc import CommandLine
from tests.clients.world import CHAT, World, answered, question, until

pytestmark = pytest.mark.journey

MANAGE = """\
from unitysvc import Client
client = Client.from_env()
# Manage encrypted secrets that the gateway injects upstream.
client.secrets.set("OPENAI_API_KEY", "sk-...")
# List your URL aliases.
for alias in client.aliases.list().data:
    print(alias.name, "→", alias.target_path)
# Trigger a scheduled request on demand.
client.recurrent_requests.trigger(request_id)
"""
SHELL = """\
usvc env
usvc secrets list
usvc secrets set OPENAI_API_KEY --value sk-...
usvc aliases list
usvc aliases show <alias_id>
usvc recurrent-requests list
usvc recurrent-requests trigger <request_id>
"""
#: Cache for 10 minutes and force-log a call routed through an alias.
COMPOSED = "/m/l/a/{alias}/chat/completions?_ttl=10m"


@pytest.fixture
def client(world: World):
    with Client(world.marketplace.key, base_url=f"{world.marketplace.url}/v1") as made:
        yield made


@pytest.fixture
def alias(client: Client, world: World):
    return client.aliases.create({"name": world.name("llm"), "target_path": f"p/{CHAT}"})


@pytest.fixture
def scheduled(client: Client, world: World):
    body = {"request_path": f"p/{CHAT}/chat/completions", "body_template": question(), "name": world.name("probe")}
    return client.recurrent_requests.create(body)


def runs(world: World, request_id: object) -> list[tuple[str, int]]:
    with world.marketplace.client() as http:
        rows = http.get(f"/v1/recurrent-requests/{request_id}/runs").json()["data"]
    return [(each["status"], each["response_status"]) for each in rows]


class TestTheGuide:
    def test_manages_from_python(self, world, alias, scheduled):
        code = f"request_id = {str(scheduled.id)!r}\n{MANAGE}"
        environment = {**os.environ, **world.marketplace.demo, "PYTHONIOENCODING": "utf-8"}
        ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        assert f"{alias.name} → p/{CHAT}" in ran.stdout.splitlines()
        assert runs(world, scheduled.id) == [("done", 200)]

    def test_manages_from_a_shell(self, world, client, alias, scheduled):
        usvc = CommandLine(world)
        lines = SHELL.replace("<alias_id>", str(alias.id)).replace("<request_id>", str(scheduled.id)).splitlines()
        printed = {line: usvc(*line.split()[1:]) for line in lines}
        assert world.marketplace.url in printed[lines[0]]
        assert "set secret OPENAI_API_KEY" in printed[lines[2]]
        assert client.secrets.get("OPENAI_API_KEY").value is None
        assert alias.name in printed[lines[3]]
        assert f'"target_path": "p/{CHAT}"' in printed[lines[4]]
        assert scheduled.name in printed[lines[5]]
        assert runs(world, scheduled.id) == [("done", 200)]

    async def test_composes_a_call_by_its_address(self, world, alias):
        address = f"{world.marketplace.url}{COMPOSED.format(alias=alias.name)}"
        headers = {"authorization": f"Bearer {world.marketplace.key}"}
        body = question(world.name("once"))
        async with httpx.AsyncClient(headers=headers, timeout=30) as http:
            first = await until(lambda: http.post(address, json=body), answered)
            again = await http.post(address, json=body)
        assert (first.headers["x-usvc-cache"], again.headers["x-usvc-cache"]) == ("miss", "hit")
        assert first.json()["choices"][0]["message"]["content"].startswith("Echo: once-")
        assert again.json() == first.json()
