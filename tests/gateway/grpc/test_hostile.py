"""HTTP/2 from clients that mean no good, or no gRPC, spoken frame by frame."""

from __future__ import annotations

import asyncio

import grpc
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, ResponseReceived, StreamReset

from gateway.grpc.server import PREFACE
from tests.gateway.grpc.conftest import goes_on_during, offering, stub

HEAD = [(":method", "POST"), (":scheme", "http"), (":path", "/p/acme/rpc/demo.Echo/Slow"), (":authority", "x"),
        ("content-type", "application/grpc"), ("te", "trailers")]  # fmt: skip


class Raw:
    """A client without manners."""

    def __init__(self, gateway):
        self.port = int(gateway.url.rpartition(":")[2])
        self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.head = [*HEAD, ("authorization", f"Bearer {gateway.key}")]

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.h2.initiate_connection()
        await self.flush()

    async def flush(self):
        self.writer.write(self.h2.data_to_send())
        await self.writer.drain()

    async def ask(self, head=None, **options):
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, head or self.head, **options)
        await self.flush()
        return stream

    async def until(self, kind):
        """Return the next event of a kind, or None when the connection ends."""
        async with asyncio.timeout(5):
            while data := await self.reader.read(65536):
                for event in self.h2.receive_data(data):
                    if isinstance(event, kind):
                        return event
        return None


@pytest.fixture
async def raw(gateway):
    client = Raw(gateway)
    await client.open()
    yield client
    client.writer.close()


def changed(head, **values):
    return [(name, values.get(name.strip(":").replace("-", "_"), value)) for name, value in head]


class TestOtherThanGrpc:
    @pytest.mark.parametrize(("name", "value"), [("method", "GET"), ("content_type", "application/json")])
    async def test_is_refused(self, raw, name, value):
        await raw.ask(changed(raw.head, **{name: value}), end_stream=True)
        assert dict((await raw.until(ResponseReceived)).headers)[":status"] == "415"

    async def test_a_timeout_that_is_none(self, raw):
        await raw.ask([*raw.head, ("grpc-timeout", "soon")], end_stream=True)
        assert dict((await raw.until(ResponseReceived)).headers)["grpc-status"] == "3"

    async def test_a_path_without_a_method(self, raw):
        await raw.ask(changed(raw.head, path="/p/acme/rpc"), end_stream=True)
        assert dict((await raw.until(ResponseReceived)).headers)["grpc-status"] == "3"


class TestBounds:
    async def test_streams_that_are_reset_at_once_end_the_connection(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, live={"resets": 20}) as gateway:
            client = Raw(gateway)
            await client.open()
            for _ in range(25):
                stream = await client.ask()
                client.h2.reset_stream(stream, ErrorCodes.CANCEL)
                await client.flush()
            ended = await client.until(ConnectionTerminated)
            client.writer.close()
            assert ended.error_code == ErrorCodes.ENHANCE_YOUR_CALM

    async def test_more_streams_than_allowed_are_refused(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, live={"streams": 3}) as gateway:
            client = Raw(gateway)
            await client.open()
            for _ in range(4):
                await client.ask()
            refused = await client.until(StreamReset)
            client.writer.close()
            assert (refused.stream_id, refused.error_code) == (7, ErrorCodes.REFUSED_STREAM)

    async def test_heads_that_are_too_large_end_the_connection(self, raw):
        await raw.ask([*raw.head, *((f"x-{number}", "y" * 1000) for number in range(40))])
        ended = await raw.until(ConnectionTerminated)
        assert ended is None or ended.error_code

    async def test_pings_without_end_end_the_connection(self, raw):
        for _ in range(600):
            raw.h2.ping(b"12345678")
        await raw.flush()
        assert (await raw.until(ConnectionTerminated)).error_code == ErrorCodes.ENHANCE_YOUR_CALM

    async def test_bytes_that_are_no_frames_end_the_connection(self, gateway):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(gateway.url.rpartition(":")[2]))
        writer.write(PREFACE + b"\xff" * 200)
        async with asyncio.timeout(5):
            while await reader.read(65536):
                pass
        writer.close()

    async def test_a_preface_in_pieces_is_understood(self, gateway, upstream):
        client = Raw(gateway)
        client.reader, client.writer = await asyncio.open_connection("127.0.0.1", client.port)
        client.h2.initiate_connection()
        for byte in client.h2.data_to_send():
            client.writer.write(bytes([byte]))
            await client.writer.drain()
            await asyncio.sleep(0)
        await client.ask(changed(client.head, path="/p/none/x.Y/Z"), end_stream=True)
        assert dict((await client.until(ResponseReceived)).headers)["grpc-status"] == "5"
        client.writer.close()

    async def test_what_only_begins_like_it_is_read_as_ever(self, gateway):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(gateway.url.rpartition(":")[2]))
        for piece in (b"P", b"OST /p/acme/rpc/x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.05)
        async with asyncio.timeout(5):
            assert b" 401 " in await reader.readline()
        writer.close()


class TestTheGatewayStops:
    async def test_calls_under_way_are_told_and_charged(self, tmp_path, upstream):
        async with offering(tmp_path, upstream, live={"close_seconds": 0.2}) as gateway:
            connection = stub(gateway)
            talk = (await connection.__aenter__()).Talk()
            await talk.write(b"abc")
            assert await talk.read() == b"abc"
            inbox = gateway.inbox
        assert await talk.code() is grpc.StatusCode.UNAVAILABLE
        await connection.__aexit__(None, None, None)
        (event,) = inbox.events.values()
        assert (event.flags, event.usage["bytes_out"], event.is_billable) == (("gateway_stopped",), 3, True)

    async def test_calls_that_end_in_time_are_answered(self, tmp_path, upstream):
        world = offering(tmp_path, upstream)
        gateway = await world.__aenter__()
        async with stub(gateway) as echo:
            await goes_on_during(world.__aexit__(None, None, None), echo.Talk())
