"""Requests that two readers could read in two ways, and others that nobody should send: none reaches an upstream."""

from __future__ import annotations

import json

import pytest

from tests.gateway.door.wire import Wire

HOST = b"Host: gateway.example\r\n"
POST = b"POST /p/acme/chat HTTP/1.1\r\n" + HOST
GET = b"GET /p/acme/chat HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

#: name: (what is sent, the status that answers it)
MALFORMED = {
    "length and chunks": (POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunks and length": (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400),
    "two equal lengths": (POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
    "two lengths": (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 400),
    "a list of lengths": (POST + b"Content-Length: 2, 2\r\n\r\n{}", 400),
    "a signed length": (POST + b"Content-Length: +2\r\n\r\n{}", 400),
    "a negative length": (POST + b"Content-Length: -2\r\n\r\n{}", 400),
    "a hexadecimal length": (POST + b"Content-Length: 0x2\r\n\r\n{}", 400),
    "an empty length": (POST + b"Content-Length: \r\n\r\n{}", 400),
    "a length beyond all numbers": (POST + b"Content-Length: 99999999999999999999\r\n\r\n{}", 400),
    "another coding": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
    "a coding that is none": (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    "two codings": (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a coding behind a control character": (POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400),
    "chunks in HTTP/1.0": (
        b"POST /p/acme/chat HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a chunk size with 0x": (CHUNKED + b"0x2\r\n{}\r\n0\r\n\r\n", 400),
    "a negative chunk size": (CHUNKED + b"-2\r\n{}\r\n0\r\n\r\n", 400),
    "a chunk size beyond all numbers": (CHUNKED + b"fffffffffffffffff\r\n{}\r\n0\r\n\r\n", 400),
    "a chunk that ends wrongly": (CHUNKED + b"2\r\n{}XX0\r\n\r\n", 400),
    "a chunk size that ends in a line feed": (CHUNKED + b"2\n{}\n0\n\n", 400),
    "a length among the trailers": (CHUNKED + b"2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n", 400),
    "headers that end in a line feed": (b"GET /p/acme/chat HTTP/1.1\nHost: gateway.example\n\n", 400),
    "a folded header": (GET + b"X-Long: a\r\n b\r\n\r\n", 400),
    "a blank before the colon": (GET + b"X-Name : a\r\n\r\n", 400),
    "a header without a name": (GET + b": a\r\n\r\n", 400),
    "a null in a header": (GET + b"X-Name: a\x00b\r\n\r\n", 400),
    "a bare carriage return in a header": (GET + b"X-Name: a\rb\r\n\r\n", 400),
    "no host": (b"GET /p/acme/chat HTTP/1.1\r\n\r\n", 400),
    "two hosts": (GET + b"Host: other.example\r\n\r\n", 400),
    "a host that is none": (b"GET /p/acme/chat HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "the address of another host": (b"GET http://other.example/p/acme/chat HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a method in small letters": (b"get /p/acme/chat HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "an unknown version": (b"GET /p/acme/chat HTTP/1.9\r\n" + HOST + b"\r\n", 400),
    "half of HTTP/2's preface": (b"PRI * HTTP/2.0\r\n\r\nGET /", 400),
    "letters that are not ASCII in the address": ("GET /p/acme/chät HTTP/1.1\r\n".encode() + HOST + b"\r\n", 400),
    "a fragment": (b"GET /p/acme/chat#x HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "an upgrade to what is not served": (GET + b"Connection: upgrade\r\nUpgrade: h2c\r\n\r\n", 400),
    "a tunnel": (b"CONNECT other.example:443 HTTP/1.1\r\n" + HOST + b"\r\n", 405),
    "a trace": (b"TRACE /p/acme/chat HTTP/1.1\r\n" + HOST + b"\r\n", 405),
    "an expectation that nobody meets": (POST + b"Expect: a miracle\r\nContent-Length: 2\r\n\r\n{}", 417),
    "too many headers": (GET + b"".join(b"X-%d: 1\r\n" % number for number in range(100)) + b"\r\n", 431),
    "too long a header": (GET + b"X-Long: " + b"a" * 40_000 + b"\r\n\r\n", 431),
    "a header without end": (GET + b"X-Long: " + b"a" * 60_000, 431),
    "too long an address": (b"GET /p/" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 431),
    "trailers without end": (CHUNKED + b"2\r\n{}\r\n0\r\nX-Long: " + b"a" * 600_000, 431),
}  # fmt: skip


def test_there_are_at_least_the_thirty_three_of_the_threat_model():
    assert len(MALFORMED) >= 33


@pytest.mark.parametrize("name", MALFORMED)
async def test_is_refused(gateway, upstream, name):
    sent, status = MALFORMED[name]
    wire = await Wire.open(gateway.url)
    await wire.send(sent)

    answer = await wire.answer()
    assert answer.status == status
    assert json.loads(answer.body)["error"]["code"]
    assert await wire.is_closed()
    assert upstream.requests == []


async def test_what_follows_a_refused_request_is_not_read(gateway, upstream):
    wire = await Wire.open(gateway.url)
    smuggled = f"GET /p/acme/chat HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {gateway.key}\r\n\r\n".encode()
    await wire.send(POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled)

    assert (await wire.answer()).status == 400
    assert await wire.is_closed()
    assert upstream.requests == []


class TestRiskyButLegal:
    """Forms that the standard allows and that others have read differently: ours is the policy."""

    async def test_a_header_with_an_underscore_does_not_go_up(self, gateway, upstream):
        wire = await Wire.open(gateway.url)
        head = f"Authorization: Bearer {gateway.key}\r\nX_Real_Ip: 1.2.3.4\r\nContent-Length: 2\r\n\r\n{{}}"
        await wire.send(POST + head.encode())

        assert (await wire.answer()).status == 200
        assert upstream.requests[0].header(b"x_real_ip") is None

    async def test_a_body_of_a_get_goes_up(self, gateway, upstream):
        wire = await Wire.open(gateway.url)
        head = f"Authorization: Bearer {gateway.key}\r\nContent-Length: 2\r\n\r\n{{}}"
        await wire.send(GET + head.encode())

        assert (await wire.answer()).status == 200
        assert upstream.requests[0].body == b"{}"

    async def test_an_absolute_address_of_this_host_is_read_as_its_path(self, gateway, upstream):
        wire = await Wire.open(gateway.url)
        head = f"Authorization: Bearer {gateway.key}\r\nContent-Length: 2\r\n\r\n{{}}"
        await wire.send(b"POST http://Gateway.Example/p/acme/chat/x HTTP/1.1\r\n" + HOST + head.encode())

        assert (await wire.answer()).status == 200
        assert upstream.requests[0].target == "/v1/x"

    async def test_an_answer_to_http_1_0_is_not_chunked(self, gateway, upstream):
        wire = await Wire.open(gateway.url)
        head = f"POST /p/acme/chat HTTP/1.0\r\nAuthorization: Bearer {gateway.key}\r\nContent-Length: 2\r\n\r\n{{}}"
        await wire.send(head.encode())

        answer = await wire.answer()
        assert (answer.status, answer.headers.get("transfer-encoding")) == (200, None)
        assert await wire.is_closed()
