"""The HTTP client against an upstream that fails, dawdles, lies or has no valid certificate."""

from __future__ import annotations

import asyncio

import pytest

from gateway.upstream.client import UpstreamClient
from gateway.upstream.egress import EgressGuard, EgressPolicy
from gateway.upstream.errors import (
    UpstreamBadResponse,
    UpstreamClosed,
    UpstreamRefused,
    UpstreamTimeout,
)
from tests.fakes.upstream import (
    Close,
    Die,
    FakeUpstream,
    Hang,
    Now,
    Send,
    Until,
    answer,
    head,
    huge_header,
    interim_flood,
    sse,
    streamed,
)
from tests.gateway.upstream.certificates import make_contexts
from tests.gateway.upstream.conftest import HASTY


class TestTrouble:
    async def test_mid_way_is_told_after_what_came_before(self, client, upstream):
        upstream.answers(streamed([b"first"], end=[Die()]))
        response = await client.request("GET", upstream.url + "/")

        assert await response.next_chunk() == b"first"
        with pytest.raises(UpstreamClosed) as error:
            await response.next_chunk()

        assert error.value.received_bytes == 5

    async def test_short_of_the_announced_length_is_told(self, client, upstream):
        upstream.answers([Send(head(200, [("Content-Length", "10")]) + b"short"), Close()])

        with pytest.raises(UpstreamClosed):
            await (await client.request("GET", upstream.url + "/")).read(100)

    async def test_before_the_head_is_told(self, client, upstream):
        upstream.answers([Close()])

        with pytest.raises(UpstreamClosed):
            await client.request("GET", upstream.url + "/")

    async def test_of_a_kept_connection_is_retried_once(self, client, upstream):
        upstream.answers(answer(b"one"), [Die()], answer(b"two"))

        assert await (await client.request("POST", upstream.url + "/", [], b"x")).read(10) == b"one"
        assert await (await client.request("POST", upstream.url + "/", [], b"x")).read(10) == b"two"
        assert upstream.connections == 2

    async def test_of_a_kept_connection_is_not_retried_when_the_body_cannot_be_sent_again(self, client, upstream):
        async def body():
            yield b"x"

        upstream.answers(answer(b"one"), [Die()], answer(b"two"))
        await (await client.request("GET", upstream.url + "/")).read(10)

        with pytest.raises(UpstreamClosed):
            await client.request("POST", upstream.url + "/", [], body())
        assert len(upstream.requests) == 2

    async def test_of_a_kept_connection_that_has_been_listening_is_not_retried(self, client, upstream):
        over = asyncio.Event()
        upstream.answers(answer(b"one"), [Until(over), Die()], answer(b"two"))
        await (await client.request("GET", upstream.url + "/")).read(10)

        asking = asyncio.create_task(client.request("POST", upstream.url + "/", [], b"x"))
        await asyncio.sleep(1.5)
        over.set()
        with pytest.raises(UpstreamClosed):
            await asking
        assert len(upstream.requests) == 2

    async def test_of_a_kept_connection_is_not_retried_once_something_came(self, client, upstream):
        upstream.answers(answer(b"one"), [Send(b"HTTP/1.1 2"), Die()], answer(b"two"))
        await (await client.request("GET", upstream.url + "/")).read(10)

        with pytest.raises(UpstreamClosed):
            await client.request("GET", upstream.url + "/")

    async def test_of_a_new_connection_is_never_retried(self, client, upstream):
        upstream.answers([Die()])

        with pytest.raises(UpstreamClosed):
            await client.request("GET", upstream.url + "/")
        assert len(upstream.requests) == 1

    @pytest.mark.parametrize("junk", [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", b"junk", b"\x00" * 10])
    async def test_left_over_on_a_connection_never_reaches_the_next_caller(self, client, upstream, junk):
        together = Send(head(200, [("Content-Length", "4")]) + b"good" + junk)
        upstream.answers([together], answer(b"next"))

        assert await (await client.request("GET", upstream.url + "/")).read(10) == b"good"
        assert await (await client.request("GET", upstream.url + "/")).read(10) == b"next"
        assert upstream.connections == 2

    async def test_unasked_on_an_idle_connection_closes_it(self, client, upstream):
        sent = asyncio.Event()
        upstream.answers([*answer(b"good"), Until(sent), Send(b"HTTP/1.1 200 OK\r\n\r\n")], answer(b"next"))
        await (await client.request("GET", upstream.url + "/")).read(10)
        sent.set()
        await asyncio.sleep(0.05)

        assert await (await client.request("GET", upstream.url + "/")).read(10) == b"next"


class TestTimeouts:
    @pytest.mark.parametrize(
        ("script", "phase"),
        [
            ([Hang()], "first_byte"),
            ([Send(b"HTTP/1.1 200"), Hang()], "first_byte"),
            (sse(["a"], end=[Hang()]), "idle"),
            ([Send(head(200, [("Content-Length", "5")])), Hang()], "idle"),
        ],
    )
    async def test_end_a_silent_upstream(self, make_client, upstream, script, phase):
        client = make_client(timeouts=HASTY)
        upstream.answers(script)

        with pytest.raises(UpstreamTimeout) as timeout:
            await (await client.request("GET", upstream.url + "/")).read(100)

        assert timeout.value.phase == phase

    async def test_end_an_upstream_that_never_stops(self, make_client, upstream):
        client = make_client(timeouts=HASTY.__class__(total=0.4))
        upstream.answers(streamed([b"x"] * 1000, between=Until(asyncio.Event())))
        response = await client.request("GET", upstream.url + "/")

        assert await response.next_chunk() == b"x"
        with pytest.raises(UpstreamTimeout) as timeout:
            await response.next_chunk()

        assert timeout.value.phase == "total"

    async def test_end_an_upstream_that_does_not_read(self, make_client, upstream):
        client = make_client(timeouts=HASTY)

        async def body():
            while True:
                yield b"x" * 65536

        upstream.answers([Now(), Until(asyncio.Event())])

        with pytest.raises(UpstreamTimeout) as timeout:
            await client.request("PUT", upstream.url + "/", [], body())

        assert timeout.value.phase == "send"

    async def test_do_not_blame_the_upstream_for_a_slow_reader(self, make_client, upstream):
        client = make_client(timeouts=HASTY, buffer_bytes=1024)
        upstream.answers(streamed([b"x" * 65536] * 40))

        response = await client.request("GET", upstream.url + "/")
        await asyncio.sleep(0.5)

        assert len(await response.read(10_000_000)) == 40 * 65536

    async def test_close_connections_that_nobody_uses(self, make_client, upstream):
        client = make_client(keep_alive=0.05)
        for _ in range(2):
            await (await client.request("GET", upstream.url + "/")).read(10)
            await asyncio.sleep(0.3)

        assert upstream.connections == 2


class TestHostileAnswers:
    @pytest.mark.parametrize(
        "reply",
        [
            b"SSH-2.0-OpenSSH_9\r\n", b"\x16\x03\x01", b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/0.9 200 OK\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 101 X\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n",
            b"HTTP/1.1 101 X\r\n\r\n", b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
            b"HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\nabc", b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nabc",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 200 OK\r\nX : a\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n", b"HTTP/1.1 200 OK\r\n: a\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\naXX0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\na\n0\n\n",
        ],
    )  # fmt: skip
    async def test_are_refused(self, make_client, upstream, reply):
        client = make_client(timeouts=HASTY)
        upstream.answers([Send(reply), Hang()], answer(b"next"))

        with pytest.raises(UpstreamBadResponse):
            await (await client.request("GET", upstream.url + "/")).read(100)
        assert await (await client.request("GET", upstream.url + "/")).read(10) == b"next"
        assert upstream.connections == 2

    @pytest.mark.parametrize(
        "script",
        [
            interim_flood(),
            huge_header(),
            [Send(head(200, [(f"X-{number}", "1") for number in range(200)]))],
            [Send(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1000)] + [Send(b"a" * 1000)] * 200,
            [Send(head(200, [("Transfer-Encoding", "chunked")]) + b"0\r\nX: ")] + [Send(b"a" * 1000)] * 200,
            [Send(head(200, [("Transfer-Encoding", "chunked")]) + b"1;x=")] + [Send(b"a" * 1000)] * 200,
        ],
        ids=["interim", "long header", "many headers", "endless header", "endless trailer", "endless extension"],
    )
    async def test_that_never_come_to_the_point_are_cut_off(self, client, upstream, script):
        upstream.answers([*script, Hang()])

        with pytest.raises(UpstreamBadResponse):
            await (await client.request("GET", upstream.url + "/")).read(100)


class TestTLS:
    @pytest.fixture
    def certificate(self, tmp_path):
        """A server context and a client context that trusts it, for shop.example and no other name."""
        return make_contexts(tmp_path, "shop.example")

    async def test_is_verified_against_the_host_not_the_address(self, certificate):
        server_tls, client_tls = certificate
        async with FakeUpstream(tls=server_tls) as upstream:
            guard = EgressGuard(EgressPolicy(allow_private=True), resolve=lambda host, port: ["127.0.0.1"])
            client = UpstreamClient(guard, tls=client_tls)

            response = await client.request("GET", f"https://shop.example:{upstream.port}/")
            assert await response.read(10) == b"ok"
            with pytest.raises(UpstreamRefused, match="certificate"):
                await client.request("GET", f"https://other.example:{upstream.port}/")
            await client.close()

    async def test_is_required_to_be_trusted(self, certificate):
        async with FakeUpstream(tls=certificate[0]) as upstream:
            guard = EgressGuard(EgressPolicy(allow_private=True), resolve=lambda host, port: ["127.0.0.1"])
            client = UpstreamClient(guard)

            with pytest.raises(UpstreamRefused, match="certificate"):
                await client.request("GET", f"https://shop.example:{upstream.port}/")
            await client.close()
