"""A gateway and an upstream, both on real sockets."""

from __future__ import annotations

import pytest

from tests.factories import records as make
from tests.fakes.upstream import FakeUpstream
from tests.gateway.harness import Gateway, serving


@pytest.fixture
async def upstream():
    async with FakeUpstream() as upstream:
        yield upstream


@pytest.fixture
async def gateway(tmp_path, upstream):
    """A gateway that serves acme/chat at 0.01 a call from the fake upstream, to a customer with 1 USD."""
    async with serving(tmp_path) as gateway:
        await offer(gateway, upstream)
        yield gateway


async def offer(gateway: Gateway, upstream: FakeUpstream, **changes) -> None:
    config = {"base_url": f"{upstream.url}/v1", **changes.pop("config", {})}
    gateway.publish_service(channels=(make.channel(config=config, **changes.pop("channel", {})),), **changes)
    await gateway.see_changes()


@pytest.fixture
def taken(monkeypatch):
    """The ways that calls took, in their order."""
    from gateway.plain import call as plain

    ways: list[str] = []
    prepared = plain.prepared

    def watched(*arguments):
        call = prepared(*arguments)
        ways.append("general" if call is None else "plain")
        return call

    monkeypatch.setattr(plain, "prepared", watched)
    return ways
