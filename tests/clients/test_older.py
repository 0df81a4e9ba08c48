"""Programs of customers who stay with the client 0.1.22."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from unitysvc import Client

from tests.clients import commands as rows
from tests.clients import environments
from tests.clients.forking import Forking
from tests.clients.table import KINDS
from tests.clients.usvc import TABLE, CommandLine, Commands, environment
from tests.clients.world import CHAT, TOPICS, World
from tests.journeys.marketplace import Marketplace

pytestmark = pytest.mark.journey
assert rows  # importing them fills the table
_OLDER = """
aliases delete, aliases list, aliases show, aliases switch, enrollments cancel, enrollments list, enrollments show,
env, files get, files ls, files put, files url, groups dispatch, groups list, groups services, groups show,
recurrent-requests delete, recurrent-requests list, recurrent-requests show, recurrent-requests trigger, resolve,
secrets delete, secrets list, secrets set, secrets upload, services dispatch, services enroll, services interfaces,
services schedule, services show, services usage
"""
COMMANDS = frozenset(" ".join(each.split()) for each in _OLDER.split(","))
#: What is typed into the newer one, as far as the older one has it.
ROWS = [row for row in TABLE if row.covers <= COMMANDS]
_LISTED = """
import json, typer
from unitysvc.cli import app
def walk(group, before=()):
    for name, each in group.commands.items():
        yield from walk(each, (*before, name)) if hasattr(each, "commands") else [" ".join((*before, name))]
print(json.dumps(list(walk(typer.main.get_command(app)))))
"""


@pytest.mark.parametrize("kind", KINDS)
def test_every_method_of_the_managers_works(kind: str, world: World, tmp_path: Path):
    python = environments.python("mcp")
    given = [kind, world.marketplace.key, world.marketplace.url, str(world.service(CHAT)), str(world.service(TOPICS))]
    script = Path(__file__).with_name("older.py")
    ran = subprocess.run(
        [str(python), str(script), *given], cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    told = json.loads(ran.stdout.splitlines()[-1])
    assert told["called"] == told["surface"]


def test_the_older_command_line_has_no_other_commands():
    words = [str(environments.python("mcp")), "-c", _LISTED]
    listed = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert set(json.loads(listed.stdout)) == COMMANDS


@pytest.fixture(scope="module")
def loaded(marketplace: Marketplace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forking]:
    found = environment(World(marketplace, tmp_path_factory.mktemp("loaded")))
    with Forking("unitysvc.cli:app", found, python=environments.python("mcp")) as program:
        yield program


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_customer_reads(row: Commands, world: World, loaded: Forking):
    usvc = CommandLine(world, loaded)
    with Client(world.marketplace.key, base_url=f"{world.marketplace.url}/v1") as client:
        row.run(usvc, client, world)
    assert row.covers <= usvc.ran


def test_every_command_is_typed():
    assert {name for row in ROWS for name in row.covers} == COMMANDS
