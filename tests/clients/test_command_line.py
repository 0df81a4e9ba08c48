"""Every command of the published command line, in processes of their own, against one running marketplace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from unitysvc import Client

from tests.clients import commands as rows
from tests.clients.forking import Forking
from tests.clients.surface import commands
from tests.clients.usvc import TABLE, CommandLine, Commands, environment
from tests.clients.world import World
from tests.journeys.marketplace import Marketplace

pytestmark = pytest.mark.journey
assert rows  # importing them fills the table


def test_no_command_is_forgotten():
    assert {name for row in TABLE for name in row.covers} == commands()


@pytest.fixture(scope="module")
def loaded(marketplace: Marketplace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forking]:
    with Forking("unitysvc.cli:app", environment(World(marketplace, tmp_path_factory.mktemp("loaded")))) as program:
        yield program


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_customer_reads(row: Commands, world: World, loaded: Forking):
    usvc = CommandLine(world, loaded)
    with Client(world.marketplace.key, base_url=f"{world.marketplace.url}/v1") as client:
        row.run(usvc, client, world)
    assert row.covers <= usvc.ran


def test_mistakes_are_told_in_one_line(world: World):
    usvc = CommandLine(world)
    refused = usvc("secrets", "set", "lower-case", "--value", "x", fails=True)
    assert "Failed to set secret" in refused
    assert "Traceback" not in refused
    usvc.environment["UNITYSVC_API_KEY"] = "svcpass_wrong"
    assert "401" in usvc("groups", "list", fails=True)
