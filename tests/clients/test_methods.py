"""Every public method of the published client, waiting and asynchronous, against one running marketplace."""

from __future__ import annotations

import pytest
from unitysvc import AsyncClient, Client

from tests.clients import calls
from tests.clients.driven import driven
from tests.clients.surface import methods
from tests.clients.table import CUSTOMERS, KINDS, Calls
from tests.clients.world import World

pytestmark = pytest.mark.journey
assert calls  # importing them fills the table

CLIENTS = {"sync": Client, "async": AsyncClient}
ROWS = [pytest.param(row, kind, id=f"{row}-{kind}") for row, kind in CUSTOMERS.each()]


@pytest.mark.parametrize("kind", KINDS)
def test_no_method_is_forgotten(kind):
    assert CUSTOMERS.listed(kind) == methods(kind)


@pytest.mark.parametrize(("row", "kind"), ROWS)
async def test_a_customer_sees(row: Calls, kind: str, world: World):
    made = CLIENTS[kind](world.marketplace.key, base_url=f"{world.marketplace.url}/v1")
    async with driven(made) as client:
        await row.run(client, world)
    assert row.covers <= client.calls
