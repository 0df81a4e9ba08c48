"""Every public method of the published client, waiting and asynchronous, against one running marketplace."""

from __future__ import annotations

import pytest

from tests.clients import calls
from tests.clients.driven import KINDS, driven
from tests.clients.surface import methods
from tests.clients.table import CRASHING, TABLE, Calls
from tests.clients.world import World

pytestmark = pytest.mark.journey
assert calls  # importing them fills the table

ROWS = [pytest.param(row, kind, id=f"{row}-{kind}") for row in TABLE for kind in row.kinds]


@pytest.mark.parametrize("kind", KINDS)
def test_no_method_is_forgotten(kind):
    listed = [name for row in TABLE if kind in row.kinds for name in row.covers]
    assert set(listed) | set(CRASHING[kind]) == methods(kind)
    assert not set(listed) & set(CRASHING[kind])


@pytest.mark.parametrize(("row", "kind"), ROWS)
async def test_a_customer_sees(row: Calls, kind: str, world: World):
    async with driven(kind, url=world.marketplace.url, key=world.marketplace.key) as client:
        await row.run(client, world)
    assert row.covers <= client.calls
