"""gRPC over TLS: on a port of the gateway's own, and to upstreams."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import grpc
import grpc.aio
import pytest

from config.embedded.engines import free_port
from gateway.grpc.listener import GrpcListener
from gateway.grpc.settings import GrpcPort
from gateway.upstream.deadlines import Deadlines
from tests.gateway.grpc.conftest import OPTIONS, SERVICE, GrpcUpstream, Stub, key, offering, stub
from tests.gateway.upstream.certificates import issue


@pytest.fixture
def certificate(tmp_path):
    return issue(tmp_path, "localhost")


@pytest.fixture
def port(certificate):
    return GrpcPort("127.0.0.1", free_port(), certificate.certificate, certificate.key, reload_seconds=0.05)


@contextlib.asynccontextmanager
async def secure_stub(gateway, port, certificate):
    trusted = grpc.ssl_channel_credentials(certificate.authority.read_bytes())
    async with grpc.aio.secure_channel(f"localhost:{port.port}", trusted, options=OPTIONS) as channel:
        yield Stub(channel, "/p/acme/rpc", key(gateway))


def tls(certificate, *protocols: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificate.authority))
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


class TestThePortOfItsOwn:
    async def test_serves_unary_and_streaming_calls_and_charges_them(self, tmp_path, upstream, port, certificate):
        async with offering(tmp_path, upstream, settings={"grpc": port}) as gateway:
            async with secure_stub(gateway, port, certificate) as echo:
                call = echo.Unary(b"hello")
                assert await call == b"hello"
                assert dict(await call.trailing_metadata())["x-trailing"] == "indeed"
                assert [piece async for piece in echo.Count(b"3")] == [b"0", b"1", b"2"]
            async with stub(gateway) as echo:  # and the common port goes on as ever
                assert await echo.Unary(b"plain") == b"plain"
            assert sum([event.is_billable for event in await gateway.events(3)]) == 3

    @pytest.mark.parametrize("protocols", [(), ("http/1.1",)])
    async def test_has_nothing_to_say_to_others(self, tmp_path, upstream, port, certificate, protocols):
        async with offering(tmp_path, upstream, settings={"grpc": port}):
            reader, writer = await asyncio.open_connection(
                "localhost", port.port, ssl=tls(certificate, *protocols), family=2
            )
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            async with asyncio.timeout(10):
                assert await reader.read() == b""
            writer.close()

    async def test_shows_a_renewed_certificate_without_a_restart(self, tmp_path, upstream, port, certificate):
        async def shown() -> bytes:
            context = tls(certificate, "h2")
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            _, writer = await asyncio.open_connection("localhost", port.port, ssl=context, family=2)
            der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            writer.close()
            return der

        async with offering(tmp_path, upstream, settings={"grpc": port}):
            first = await shown()
            certificate.certificate.write_text("half of a file")  # what cannot be read changes nothing
            await asyncio.sleep(0.2)
            assert await shown() == first
            issue(tmp_path, "localhost")
            async with asyncio.timeout(10):
                while await shown() == first:
                    await asyncio.sleep(0.05)

    async def test_lets_calls_under_way_end_when_the_gateway_stops(self, tmp_path, upstream, port, certificate):
        trusted = grpc.ssl_channel_credentials(certificate.authority.read_bytes())
        async with grpc.aio.secure_channel(f"localhost:{port.port}", trusted, options=OPTIONS) as channel:
            async with offering(tmp_path, upstream, live={"close_seconds": 0.2}, settings={"grpc": port}) as gateway:
                call = channel.stream_stream(f"/p/acme/rpc/{SERVICE}/Talk")(metadata=key(gateway))
                await call.write(b"a")
                assert await call.read() == b"a"
            assert await call.code() is grpc.StatusCode.UNAVAILABLE
            (event,) = gateway.inbox.events.values()
            assert (event.is_billable, event.flags) == (True, ("gateway_stopped",))

    async def test_without_its_key_is_not_opened(self, gateway, port, certificate):
        certificate.key.unlink()
        deps = gateway.app.runtime.deps
        with pytest.raises(FileNotFoundError):
            await GrpcListener(port, deps, Deadlines()).start()


class TestSecureUpstreams:
    async def test_are_called_by_the_authorities_of_this_machine(self, tmp_path, certificate, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
        upstream = GrpcUpstream()
        server = grpc.aio.server(options=OPTIONS)
        handler = grpc.unary_unary_rpc_method_handler(upstream.unary)
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Unary": handler}),))
        shown = grpc.ssl_server_credentials([(certificate.key.read_bytes(), certificate.certificate.read_bytes())])
        upstream.port = server.add_secure_port("127.0.0.1:0", shown)
        await server.start()
        config = {"base_url": f"grpcs://localhost:{upstream.port}"}
        async with offering(tmp_path, upstream, config=config) as gateway, stub(gateway) as echo:
            assert await echo.Unary(b"hello") == b"hello"
        await server.stop(0)
