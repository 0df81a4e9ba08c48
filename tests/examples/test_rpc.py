"""The demo upstream's gRPC beside its HTTP, on one port, by a client of grpcio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import grpc
import grpc.aio
import httpx
import pytest
import uvicorn

from config.embedded.engines import free_port
from examples.upstream.accounts import KEYS
from examples.upstream.app import Upstream
from examples.upstream.rpc import Doorway

KEY = (("authorization", f"Bearer {KEYS['tidewater']}"),)
OPTIONS = [("grpc.enable_http_proxy", 0)]


@pytest.fixture
async def target() -> AsyncIterator[str]:
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(Upstream(), host="127.0.0.1", port=port, http=Doorway, log_level="warning", log_config=None)
    )
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"127.0.0.1:{port}"
    server.should_exit = True
    await task


class TestEcho:
    async def test_sends_messages_back_one_by_one_and_many_at_once(self, target):
        async with grpc.aio.insecure_channel(target, options=OPTIONS) as channel:
            unary = channel.unary_unary("/tidewater/rpc/demo.Echo/Unary")
            assert await unary(b"\x0a\x05hello", metadata=KEY) == b"\x0a\x05hello"
            talk = channel.stream_stream("/tidewater/rpc/demo.Echo/Talk")(metadata=KEY)
            for number in range(3):
                await talk.write(b"%d" % number)
                assert await talk.read() == b"%d" % number
            await talk.done_writing()
            assert await talk.read() is grpc.aio.EOF
            large = await asyncio.gather(*(unary(bytes(1_000_000), metadata=KEY) for _ in range(5)))
        assert [len(each) for each in large] == [1_000_000] * 5

    @pytest.mark.parametrize(
        ("path", "metadata", "code"),
        [
            ("/tidewater/rpc/demo.Echo/Unary", (), grpc.StatusCode.UNAUTHENTICATED),
            ("/tidewater/rpc/demo.Echo/Nothing", KEY, grpc.StatusCode.UNIMPLEMENTED),
        ],
    )
    async def test_refuses_as_grpc_does(self, target, path, metadata, code):
        async with grpc.aio.insecure_channel(target, options=OPTIONS) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await channel.unary_unary(path)(b"x", metadata=metadata)
        assert refused.value.code() is code

    async def test_leaves_http_as_it_is(self, target):
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://{target}/healthz")).json() == {"status": "ok"}
