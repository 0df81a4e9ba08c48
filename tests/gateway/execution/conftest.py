"""A gateway with a market in front of one upstream."""

from __future__ import annotations

import pytest

from domain.routing.snapshot import ChainStep
from tests.factories import records as make
from tests.fakes.upstream import FakeUpstream, answer
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


@pytest.fixture
async def wares(market):
    """Services at work and broken ones, and names for them."""
    cheap = make.price("0.0001", id=make.service_id("cheap"))
    market.offer("well", price=cheap)
    market.offer("down", answer(b"", status=503), price=cheap)
    market.offer("other", price=cheap)
    enrollment = make.enrollment("CEFF", service_id=make.service_id("well"), price=cheap)
    market.gateway.publish_customer(enrollments=(enrollment,))
    market.group("pool", "well")
    market.alias("llm", "p/well")
    market.chain("work", ChainStep("one", "p/well"))
    await market.open()
    return market
