"""Every command of the published command line, in processes of their own, against one running marketplace."""

from __future__ import annotations

import pytest
from unitysvc import Client

from tests.clients import commands as rows
from tests.clients.surface import commands
from tests.clients.usvc import TABLE, CommandLine, Commands
from tests.clients.world import World

pytestmark = pytest.mark.journey
assert rows  # importing them fills the table


def test_no_command_is_forgotten():
    assert {name for row in TABLE for name in row.covers} == commands()


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_customer_reads(row: Commands, world: World):
    usvc = CommandLine(world)
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
