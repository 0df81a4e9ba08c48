"""A gateway, a gRPC upstream made with grpcio, and clients of grpcio. Messages are bytes: nothing is generated."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
import pytest

from gateway.live.settings import LiveLimits
from tests.factories import records as make
from tests.gateway.harness import Gateway, serving

SERVICE = "demo.Echo"
MEBIBYTE = 1024 * 1024
OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), ("grpc.enable_http_proxy", 0)]


@dataclass
class GrpcUpstream:
    """Serves demo.Echo. seen: metadata of every call; cancelled: set when a call was ended by its caller."""

    port: int = 0
    seen: list[dict[str, Any]] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    server: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _note(self, context: Any) -> None:
        self.seen.append(dict(context.invocation_metadata()))
        self.deadlines.append(context.time_remaining())

    async def unary(self, request: bytes, context: Any) -> bytes:
        self._note(context)
        await context.send_initial_metadata((("x-initial", "yes"),))
        context.set_trailing_metadata((("x-trailing", "indeed"), ("x-bin-bin", b"\x00\xff")))
        return request

    async def fail(self, request: bytes, context: Any) -> bytes:
        await context.abort(grpc.StatusCode(tuple(CODES[int(request)])), "that is 100 % wrong — sorry")
        raise AssertionError

    async def slow(self, _request: bytes, context: Any) -> bytes:
        self._note(context)
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return b"late"

    async def count(self, request: bytes, context: Any) -> AsyncIterator[bytes]:
        self._note(context)
        try:
            for number in range(int(request)):
                yield b"%d" % number
                if number % 100 == 99:
                    await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise

    async def flood(self, request: bytes, _context: Any) -> AsyncIterator[bytes]:
        for _ in range(int(request)):
            yield bytes(MEBIBYTE)

    async def fail_later(self, request: bytes, context: Any) -> AsyncIterator[bytes]:
        yield request
        await context.abort(grpc.StatusCode.INTERNAL, "broke")

    async def total(self, requests: AsyncIterator[bytes], context: Any) -> bytes:
        self._note(context)
        return b"%d" % sum([len(request) async for request in requests])

    async def talk(self, requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        self._note(context)
        async for request in requests:
            yield request


CODES = {code.value[0]: code.value for code in grpc.StatusCode}


@pytest.fixture
async def upstream() -> AsyncIterator[GrpcUpstream]:
    async with grpc_upstream() as upstream:
        yield upstream


@contextlib.asynccontextmanager
async def grpc_upstream(options: Any = OPTIONS) -> AsyncIterator[GrpcUpstream]:
    """Start an upstream that serves demo.Echo."""
    upstream = GrpcUpstream()
    server = upstream.server = grpc.aio.server(options=options)
    methods = {
        "Unary": grpc.unary_unary_rpc_method_handler(upstream.unary),
        "Fail": grpc.unary_unary_rpc_method_handler(upstream.fail),
        "Slow": grpc.unary_unary_rpc_method_handler(upstream.slow),
        "Count": grpc.unary_stream_rpc_method_handler(upstream.count),
        "Flood": grpc.unary_stream_rpc_method_handler(upstream.flood),
        "FailLater": grpc.unary_stream_rpc_method_handler(upstream.fail_later),
        "Total": grpc.stream_unary_rpc_method_handler(upstream.total),
        "Talk": grpc.stream_stream_rpc_method_handler(upstream.talk),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
    upstream.port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield upstream
    await server.stop(0)


@contextlib.asynccontextmanager
async def offering(folder: Any, upstream: GrpcUpstream, price: Any = None, **more: Any) -> AsyncIterator[Gateway]:
    """Start a gateway that serves acme/rpc from the upstream."""
    limits = LiveLimits(**more.pop("live", {}))
    async with serving(folder, balance=more.pop("balance", "1"), live=limits, **more.pop("settings", {})) as gateway:
        config = {"base_url": upstream.url, **more.pop("config", {})}
        channel = make.channel(access_method="grpc", config=config)
        price = make.price(price=price or {"type": "constant", "price": "0.01"})
        gateway.publish_service(path="acme/rpc", name="acme/rpc", channels=(channel,), price=price, **more)
        await gateway.see_changes()
        yield gateway


class Stub:
    """The methods of demo.Echo at an address of the gateway."""

    def __init__(self, channel: grpc.aio.Channel, before: str, metadata: Any) -> None:
        self._channel, self._before, self.metadata = channel, before, metadata

    def __getattr__(self, name: str) -> Any:
        kinds = {"Count": "unary_stream", "Flood": "unary_stream", "FailLater": "unary_stream",
                 "Total": "stream_unary", "Talk": "stream_stream"}  # fmt: skip
        make_call = getattr(self._channel, kinds.get(name, "unary_unary"))(f"{self._before}/{SERVICE}/{name}")

        def call(request: Any = None, **options: Any) -> Any:
            options.setdefault("metadata", self.metadata)
            return make_call(**options) if request is None else make_call(request, **options)

        return call


@contextlib.asynccontextmanager
async def stub(gateway: Gateway, before: str = "/p/acme/rpc", metadata: Any = None) -> AsyncIterator[Stub]:
    """Return a stub that calls as the customer."""
    target = gateway.url.removeprefix("http://")
    async with grpc.aio.insecure_channel(target, options=OPTIONS) as channel:
        yield Stub(channel, before, metadata if metadata is not None else key(gateway))


def key(gateway: Gateway) -> Any:
    return (("authorization", f"Bearer {gateway.key}"),)


@pytest.fixture
async def gateway(tmp_path: Any, upstream: GrpcUpstream) -> AsyncIterator[Gateway]:
    async with offering(tmp_path, upstream) as gateway:
        yield gateway


async def goes_on_during(stopping: Coroutine[Any, Any, Any], talk: Any) -> None:
    """Check that a call under way comes to its end while one of its sides stops."""
    await talk.write(b"abc")
    assert await talk.read() == b"abc"
    task = asyncio.create_task(stopping)
    await asyncio.sleep(0.3)
    await talk.write(b"def")
    assert await talk.read() == b"def"
    await talk.done_writing()
    assert await talk.read() is grpc.aio.EOF
    assert await talk.code() is grpc.StatusCode.OK
    await task
