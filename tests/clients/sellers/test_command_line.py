"""Every command of the sellers' published command line, against one running marketplace."""

from __future__ import annotations

import pytest

from tests.clients.forking import Forking
from tests.clients.sellers import commands as rows
from tests.clients.sellers.shop import Shop
from tests.clients.sellers.surface import seller_commands
from tests.clients.sellers.usvc import TABLE, Commands, Typed

pytestmark = pytest.mark.journey
assert rows  # importing them fills the table


def test_no_command_is_forgotten():
    assert {name for row in TABLE for name in row.covers} == seller_commands()


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_seller_reads(row: Commands, usvc_seller: Forking, shop: Shop):
    usvc = Typed(usvc_seller, shop)
    with shop.client() as client:
        row.run(usvc, client, shop)
    assert row.covers <= usvc.ran


def test_mistakes_are_told_in_one_line(usvc_seller: Forking, shop: Shop):
    usvc = Typed(usvc_seller, shop)
    assert "UNITYSVC_SELLER_API_KEY" in usvc("secrets", "list", fails=True, UNITYSVC_SELLER_API_KEY="")
    assert "401" in usvc("services", "list", fails=True, UNITYSVC_SELLER_API_KEY="svcpass_wrong")
    assert "Use capital letters" in usvc("secrets", "set", "lower-case", "--value", "x", fails=True)
