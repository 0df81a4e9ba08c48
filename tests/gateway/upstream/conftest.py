"""A programmable upstream and a client that may reach it."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

from gateway.upstream.client import UpstreamClient
from gateway.upstream.egress import EgressGuard, EgressPolicy
from gateway.upstream.limits import Timeouts, UpstreamLimits
from tests.fakes.upstream import FakeUpstream

HASTY = Timeouts(connect=1, first_byte=0.15, idle=0.15, total=5)


def pytest_asyncio_loop_factories(config, item):
    """Both loops: uvloop carries production, and its transports differ in details."""
    return {"asyncio": asyncio.SelectorEventLoop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
async def upstream():
    async with FakeUpstream() as server:
        yield server


@pytest.fixture
async def make_client():
    made = []

    def make(guard: EgressGuard | None = None, **limits: object) -> UpstreamClient:
        client = UpstreamClient(guard or EgressGuard(EgressPolicy(allow_private=True)), UpstreamLimits(**limits))
        made.append(client)
        return client

    yield make
    for client in made:
        await client.close()


@pytest.fixture
def client(make_client):
    return make_client()
