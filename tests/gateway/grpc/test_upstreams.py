"""How upstreams end streams and connections that are still in use: what was said whole is delivered."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

import grpc
import grpc.aio
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import RequestReceived

from tests.gateway.grpc.conftest import OPTIONS, goes_on_during, grpc_upstream, offering, stub

HEAD = [(":status", "200"), ("content-type", "application/grpc")]


@dataclass
class Scripted:
    """An upstream that answers each call by `answer(h2, stream)`, and sends what that has made in one piece."""

    answer: object
    port: int = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader, writer):
        h2 = H2Connection(H2Configuration(client_side=False))
        h2.initiate_connection()
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(h2.data_to_send())
                if not (data := await reader.read(65536)):
                    break
                for event in h2.receive_data(data):
                    if isinstance(event, RequestReceived):
                        self.answer(h2, event.stream_id)
        writer.close()


@contextlib.asynccontextmanager
async def scripted(answer):
    upstream = Scripted(answer)
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    upstream.port = server.sockets[0].getsockname()[1]
    yield upstream
    server.close()


class TestAnUpstreamThatWantsNoMore:
    async def test_of_a_call_that_it_has_answered_is_quoted(self, tmp_path):
        def answer(h2, stream):
            h2.send_headers(stream, HEAD)
            h2.send_headers(stream, [("grpc-status", "8"), ("grpc-message", "enough")], end_stream=True)
            h2.reset_stream(stream, ErrorCodes.NO_ERROR)

        async with scripted(answer) as upstream, offering(tmp_path, upstream) as gateway, stub(gateway) as echo:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await echo.Talk().read()
        assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "enough")

    async def test_on_its_connection_ends_the_calls_under_way(self, tmp_path):
        async with grpc_upstream() as upstream, offering(tmp_path, upstream) as gateway, stub(gateway) as echo:
            await goes_on_during(upstream.server.stop(5), echo.Talk())

    async def test_takes_no_more_calls_at_the_same_time_than_it_says(self, tmp_path):
        options = [*OPTIONS, ("grpc.max_concurrent_streams", 2)]
        async with grpc_upstream(options) as upstream, offering(tmp_path, upstream) as gateway, stub(gateway) as echo:
            answers = await asyncio.gather(*(echo.Unary(b"%d" % number) for number in range(8)))
        assert answers == [b"%d" % number for number in range(8)]
