"""The HTTP client against an upstream that does as it is told."""

from __future__ import annotations

import asyncio

import pytest

from gateway.upstream.client import UpstreamClient
from gateway.upstream.egress import EgressGuard, EgressPolicy
from gateway.upstream.errors import (
    BadRequestHead,
    EgressRefused,
    UpstreamBadResponse,
    UpstreamBusy,
    UpstreamClosed,
    UpstreamRefused,
    UpstreamTimeout,
)
from tests.fakes.upstream import (
    LAST_CHUNK,
    Close,
    Die,
    FakeUpstream,
    Hang,
    Now,
    Send,
    Until,
    answer,
    chunk,
    head,
    huge_header,
    interim_flood,
    json_answer,
    sse,
    streamed,
)
from tests.gateway.upstream.certificates import make_contexts
from tests.gateway.upstream.conftest import HASTY


class TestRequest:
    async def test_brings_the_answer(self, client, upstream):
        upstream.answers(json_answer({"ok": True}, status=201, headers=[("X-A", "1"), ("X-A", "2")]))

        response = await client.request("POST", upstream.url + "/v1/chat?x=1", [(b"x-test", b"yes")], b'{"a":1}')

        assert response.status == 201
        assert [value for name, value in response.headers if name == b"X-A"] == [b"1", b"2"]
        assert await response.read(1000) == b'{"ok": true}'
        request = upstream.requests[0]
        assert (request.method, request.target, request.json) == ("POST", "/v1/chat?x=1", {"a": 1})
        assert request.header(b"host") == f"127.0.0.1:{upstream.port}".encode()
        assert request.header(b"x-test") == b"yes"

    async def test_reuses_the_connection(self, client, upstream):
        for _ in range(5):
            await (await client.request("GET", upstream.url + "/")).read(10)

        assert upstream.connections == 1

    async def test_opens_a_connection_for_each_call_under_way(self, client, upstream):
        gate = asyncio.Event()
        upstream.answers([Until(gate), *answer(b"ok")])
        calls = [asyncio.create_task(client.request("GET", upstream.url + "/")) for _ in range(3)]
        while upstream.connections < 3:
            await asyncio.sleep(0.001)
        gate.set()

        assert [await (await call).read(10) for call in calls] == [b"ok"] * 3

    async def test_does_not_follow_redirects(self, client, upstream):
        upstream.answers(answer(b"", status=302, headers=[("Location", "http://127.0.0.1:1/")]))

        assert (await client.request("GET", upstream.url + "/")).status == 302
        assert len(upstream.requests) == 1

    async def test_answers_head_without_a_body(self, client, upstream):
        upstream.answers([Send(head(200, [("Content-Length", "1000")]))], answer(b"next"))

        response = await client.request("HEAD", upstream.url + "/")

        assert await response.read(10) == b""
        assert await (await client.request("GET", upstream.url + "/")).read(10) == b"next"

    @pytest.mark.parametrize("status", [204, 304])
    async def test_expects_no_body_where_the_status_forbids_one(self, client, upstream, status):
        upstream.answers([Send(head(status))], answer(b"next"))

        assert await (await client.request("GET", upstream.url + "/")).read(10) == b""
        assert await (await client.request("GET", upstream.url + "/")).read(10) == b"next"

    async def test_reads_to_the_end_of_the_connection_when_no_length_is_given(self, client, upstream):
        upstream.answers([Send(head()), Send(b"all of"), Send(b" it"), Close()])

        assert await (await client.request("GET", upstream.url + "/")).read(100) == b"all of it"

    async def test_skips_interim_answers(self, client, upstream):
        upstream.answers([Send(head(100) + head(103, [("Link", "</a>")])), *answer(b"ok")])

        response = await client.request("GET", upstream.url + "/")

        assert (response.status, await response.read(10)) == (200, b"ok")
        assert not any(name == b"Link" for name, _ in response.headers)

    async def test_ignores_trailers(self, client, upstream):
        end = [Send(b"0\r\nX-Trailer: 1\r\n\r\n")]
        upstream.answers(streamed([b"body"], end=end), answer(b"next"))

        response = await client.request("GET", upstream.url + "/")

        assert await response.read(10) == b"body"
        assert not any(name == b"X-Trailer" for name, _ in response.headers)
        assert await (await client.request("GET", upstream.url + "/")).read(10) == b"next"

    async def test_refuses_private_addresses_unless_opened(self, make_client, upstream):
        client = make_client(EgressGuard(EgressPolicy(allow_http=True, ports=frozenset({upstream.port}))))

        with pytest.raises(EgressRefused):
            await client.request("GET", upstream.url + "/")
        assert upstream.connections == 0

    async def test_connects_to_the_checked_address_and_names_the_host(self, make_client, upstream):
        guard = EgressGuard(EgressPolicy(allow_private=True), resolve=lambda host, port: ["127.0.0.1"])

        await (await make_client(guard).request("GET", f"http://shop.example:{upstream.port}/")).read(10)

        assert upstream.requests[0].header(b"host") == f"shop.example:{upstream.port}".encode()

    async def test_tries_a_second_address(self, make_client, upstream):
        guard = EgressGuard(EgressPolicy(allow_private=True), resolve=lambda host, port: ["::1", "127.0.0.1"])

        response = await make_client(guard).request("GET", f"http://shop.example:{upstream.port}/")

        assert await response.read(10) == b"ok"

    async def test_says_when_nobody_listens(self, client, upstream):
        await upstream.stop()

        with pytest.raises(UpstreamRefused):
            await client.request("GET", upstream.url + "/")

    async def test_refuses_more_calls_than_a_host_may_have(self, make_client, upstream):
        client = make_client(connections_per_host=2)
        upstream.answers(sse(["a"], end=[Hang()]))
        held = [await client.request("GET", upstream.url + "/") for _ in range(2)]

        with pytest.raises(UpstreamBusy):
            await client.request("GET", upstream.url + "/")
        held[0].cancel()
        held.append(await client.request("GET", upstream.url + "/"))

        assert held[-1].status == 200

    async def test_counts_no_call_that_could_not_connect(self, make_client, upstream):
        client = make_client(connections_per_host=1)
        await upstream.stop()

        for _ in range(3):
            with pytest.raises(UpstreamRefused):
                await client.request("GET", upstream.url + "/")

    async def test_closes_the_connection_when_the_caller_is_cancelled(self, client, upstream):
        upstream.answers([Hang()])
        call = asyncio.create_task(client.request("GET", upstream.url + "/"))
        while not upstream.requests:
            await asyncio.sleep(0.001)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        while not upstream.requests[0].client_gone:
            await asyncio.sleep(0.001)


class TestRequestBody:
    async def test_goes_out_in_chunks_when_its_length_is_unknown(self, client, upstream):
        async def body():
            yield b"abc"
            yield b""
            yield b"def"

        await (await client.request("PUT", upstream.url + "/", [], body())).read(10)

        assert upstream.requests[0].body == b"abcdef"
        assert upstream.requests[0].header(b"transfer-encoding") == b"chunked"

    async def test_goes_out_with_its_length_when_known(self, client, upstream):
        async def body():
            for _ in range(64):
                yield b"x" * 65536

        await (await client.request("PUT", upstream.url + "/", [], body(), length=64 * 65536)).read(10)

        assert len(upstream.requests[0].body) == 64 * 65536
        assert upstream.requests[0].header(b"content-length") == b"4194304"

    @pytest.mark.parametrize("length", [2, 4])
    async def test_must_have_the_announced_length(self, client, upstream, length):
        async def body():
            yield b"abc"

        with pytest.raises(BadRequestHead):
            await client.request("PUT", upstream.url + "/", [], body(), length=length)
        assert upstream.requests == []

    async def test_that_fails_ends_the_call_with_its_own_error(self, client, upstream):
        class ClientGone(Exception):
            pass

        async def body():
            yield b"abc"
            raise ClientGone

        with pytest.raises(ClientGone):
            await client.request("PUT", upstream.url + "/", [], body())
        assert upstream.requests == []

    async def test_need_not_be_read_to_the_end_by_the_upstream(self, client, upstream):
        endless = asyncio.Event()

        async def body():
            yield b"abc"
            await endless.wait()
            yield b"never"

        upstream.answers([Now(), *answer(b"too large", status=413)], answer(b"next"))

        response = await client.request("PUT", upstream.url + "/", [], body())

        assert (response.status, await response.read(100)) == (413, b"too large")
        assert await (await client.request("GET", upstream.url + "/")).read(10) == b"next"
        assert upstream.connections == 2  # half a request was on the first

    async def test_of_many_bytes_arrives_whole(self, client, upstream):
        await (await client.request("POST", upstream.url + "/", [], b"y" * 3_000_000)).read(10)

        assert upstream.requests[0].body == b"y" * 3_000_000


class TestStreaming:
    async def test_hands_over_each_piece_before_the_next_is_sent(self, client, upstream):
        gates = [asyncio.Event() for _ in range(3)]
        steps = [Send(head(200, [("Transfer-Encoding", "chunked")]))]
        for number, gate in enumerate(gates):
            steps += [Send(chunk(b"piece %d" % number)), Until(gate)]
        upstream.answers([*steps, Send(LAST_CHUNK)])

        response = await client.request("GET", upstream.url + "/")
        for number, gate in enumerate(gates):
            assert await response.next_chunk() == b"piece %d" % number
            gate.set()

        assert await response.next_chunk() == b""

    async def test_pauses_the_upstream_while_nobody_reads(self, make_client, upstream):
        client = make_client(buffer_bytes=64 * 1024)
        pieces = [b"z" * 65536] * 400
        upstream.answers(streamed(pieces))

        response = await client.request("GET", upstream.url + "/")
        seen = -1
        while seen != response.received_bytes:
            seen = response.received_bytes
            await asyncio.sleep(0.05)

        assert seen < 8 * 1024 * 1024
        assert sum([len(piece) async for piece in response.chunks()]) == 400 * 65536

    async def test_stops_when_told_to(self, client, upstream):
        upstream.answers(sse(["a"], end=[Hang()]))
        response = await client.request("GET", upstream.url + "/")
        await response.next_chunk()

        await response.aclose()

        with pytest.raises(UpstreamClosed):
            await response.next_chunk()
        while not upstream.requests[0].client_gone:
            await asyncio.sleep(0.001)

    async def test_refuses_to_hold_more_than_the_limit(self, client, upstream):
        upstream.answers(streamed([b"x" * 1000] * 100))

        with pytest.raises(UpstreamBadResponse):
            await (await client.request("GET", upstream.url + "/")).read(5000)


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
