"""The HTTP client against an upstream that does as it is told."""

from __future__ import annotations

import asyncio

import pytest

from gateway.upstream.egress import EgressGuard, EgressPolicy
from gateway.upstream.errors import (
    BadRequestHead,
    EgressRefused,
    UpstreamBadResponse,
    UpstreamBusy,
    UpstreamClosed,
    UpstreamRefused,
)
from tests.fakes.upstream import (
    LAST_CHUNK,
    Close,
    Hang,
    Now,
    Send,
    Until,
    answer,
    chunk,
    head,
    json_answer,
    sse,
    streamed,
)


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
