"""Every public method of the sellers' published client, waiting and asynchronous, against one running marketplace."""

from __future__ import annotations

import pytest
from unitysvc_sellers import AsyncClient, Client

from tests.clients.driven import driven
from tests.clients.sellers import calls
from tests.clients.sellers.shop import Shop
from tests.clients.sellers.surface import seller_methods
from tests.clients.table import KINDS, SELLERS, Calls

pytestmark = pytest.mark.journey
assert calls  # importing them fills the table

CLIENTS = {"sync": Client, "async": AsyncClient}
ROWS = [pytest.param(row, kind, id=f"{row}-{kind}") for row, kind in SELLERS.each()]


@pytest.mark.parametrize("kind", KINDS)
def test_no_method_is_forgotten(kind):
    assert SELLERS.listed(kind) == seller_methods(kind)


@pytest.mark.parametrize(("row", "kind"), ROWS)
async def test_a_seller_sees(row: Calls, kind: str, shop: Shop):
    async with driven(CLIENTS[kind](shop.key, base_url=shop.url)) as client:
        await row.run(client, shop)
    assert row.covers <= client.calls
