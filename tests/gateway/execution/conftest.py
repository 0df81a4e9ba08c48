"""A gateway with a market in front of one upstream."""

from __future__ import annotations

import pytest

from tests.fakes.upstream import FakeUpstream
from tests.gateway.execution.market import Market
from tests.gateway.harness import serving


@pytest.fixture
async def upstream():
    async with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture
async def market(tmp_path, upstream):
    """A market whose customer has 1 USD; a call costs 0.01."""
    async with serving(tmp_path) as gateway:
        yield Market(gateway, upstream)


@pytest.fixture
def gateway(market):
    return market.gateway
