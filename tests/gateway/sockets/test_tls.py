"""WebSocket services behind TLS: their certificates are checked by the authorities that this machine trusts."""

from __future__ import annotations

import contextlib

import pytest
from websockets.asyncio.server import serve
from websockets.exceptions import InvalidStatus

from tests.gateway.sockets.conftest import SocketUpstream, connected, echo, offering
from tests.gateway.upstream.certificates import issue


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """A certificate for localhost, by an authority of our own that this process trusts."""
    issued = issue(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(issued.authority))
    return issued


@contextlib.asynccontextmanager
async def secure_upstream(certificate, host: str = "localhost"):
    tls = certificate.server_context()
    tls.set_alpn_protocols(["http/1.1"])
    async with serve(echo, "127.0.0.1", 0, ssl=tls, compression=None, close_timeout=1) as server:
        yield SocketUpstream(url=f"wss://{host}:{server.sockets[0].getsockname()[1]}")


class TestSecureUpstreams:
    async def test_are_opened_and_metered_like_others(self, tmp_path, certificate):
        price = {"type": "one_megabyte", "based_on": "bytes_total", "price": "1"}
        async with (
            secure_upstream(certificate) as upstream,
            offering(tmp_path, upstream, price, config={"base_url": upstream.url}) as gateway,
        ):
            async with connected(gateway) as socket:
                await socket.send("hello")
                assert await socket.recv() == "hello"
                await socket.close(1000, "enough")
            event = await gateway.event()
        assert (event.status, event.usage["bytes_in"], event.usage["bytes_out"], event.usage["count"]) == (101, 5, 5, 2)
        assert event.usage["seconds"] > 0

    async def test_by_an_authority_that_nobody_trusts_are_refused(self, tmp_path, certificate, monkeypatch):
        monkeypatch.delenv("SSL_CERT_FILE")
        await self.refused(tmp_path, certificate, "localhost")

    async def test_with_the_name_of_another_host_are_refused(self, tmp_path, certificate):
        await self.refused(tmp_path, certificate, "127.0.0.1")

    async def refused(self, tmp_path, certificate, host):
        async with (
            secure_upstream(certificate, host) as upstream,
            offering(tmp_path, upstream, config={"base_url": upstream.url}) as gateway,
        ):
            with pytest.raises(InvalidStatus) as caught:
                async with connected(gateway):
                    pass
            assert caught.value.response.status_code == 502
            assert b"has no valid TLS" in caught.value.response.body
            assert not (await gateway.event()).is_billable
