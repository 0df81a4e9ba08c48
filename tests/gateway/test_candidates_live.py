"""Calls of tests on connections that stay open: straight to the upstream they are in no book and ask no money."""

from __future__ import annotations

import contextlib

import grpc
import grpc.aio
import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from domain.routing.snapshot import CANDIDATE, CandidateRecord, EnrollmentRoute
from tests.factories import records as make
from tests.gateway.grpc.conftest import grpc_upstream, stub
from tests.gateway.sockets.conftest import connected, socket_upstream
from tests.gateway.test_candidates import DIRECT, DRAFT, RUN, token

DEAR = make.price("1000")


async def publish(gateway, method: str, url: str) -> None:
    """Publish a draft that nobody can pay, for calls through the gateway and for direct ones."""
    channel = make.channel(access_method=method, config={"base_url": url})
    service = make.service(id=DRAFT, name="acme/draft", channels=(channel,), price=DEAR)
    routes = (EnrollmentRoute("acme/draft", None),)
    for key, is_direct in ((RUN, False), (DIRECT, True)):
        record = CandidateRecord(service, make.customer(), routes, is_direct)
        gateway.records.put("candidate", key, CANDIDATE.encode(record))
    await gateway.see_changes()


async def test_a_websocket(gateway):
    async with socket_upstream() as upstream:
        await publish(gateway, "websocket", upstream.url)

        async with connected(gateway, f"/p/{DRAFT}@default", headers=token(DIRECT)) as socket:
            await socket.send("hello")
            answer = await socket.recv()
        with pytest.raises(InvalidStatus, match="402"):
            async with connected(gateway, "/p/acme/draft", headers=token()):
                pass

        assert (answer, len(upstream.requests), gateway.inbox.events) == ("hello", 1, {})


async def test_a_websocket_that_sends_without_end_is_ended(gateway):
    async def flood(socket):
        while True:
            await socket.send(bytes(64 * 1024))

    async with socket_upstream() as upstream:
        upstream.handler = flood
        await publish(gateway, "websocket", upstream.url)

        async with connected(gateway, f"/p/{DRAFT}@default", headers=token(DIRECT)) as socket:
            received = 0
            with contextlib.suppress(ConnectionClosedError):
                async for message in socket:
                    received += len(message)

        assert 0 < received <= 256 * 1024


async def test_a_call_of_grpc(gateway):
    async with grpc_upstream() as upstream:
        await publish(gateway, "grpc", upstream.url)

        async with stub(gateway, f"/p/{DRAFT}@default", tuple(token(DIRECT).items())) as direct:
            answer = await direct.Unary(b"hello")
        async with stub(gateway, "/p/acme/draft", tuple(token().items())) as through:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await through.Unary(b"hello")

        assert (answer, len(upstream.seen), gateway.inbox.events) == (b"hello", 1, {})
        assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_more_than_one_service_is_not_for_them(gateway):
    async with grpc_upstream() as upstream:
        await publish(gateway, "grpc", upstream.url)

        async with stub(gateway, f"/f/p/{DRAFT}", tuple(token(DIRECT).items())) as direct:
            with pytest.raises(grpc.aio.AioRpcError):
                await direct.Unary(b"hello")

        assert upstream.seen == []
