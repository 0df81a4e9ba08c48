"""Heads that a client sends again: recognised unparsed, and never taken for what the parser would refuse."""

from __future__ import annotations

import json

import pytest

from gateway.door.known import KnownHead
from gateway.plain.repeats import Repeat
from tests.fakes.upstream import json_answer
from tests.gateway.door.wire import Wire, request

HEAD = b"POST /p/a HTTP/1.1\r\nHost: a\r\nContent-Length: %b\r\nX-Api-Key: k\r\n\r\n"
HEADERS = [(b"host", b"a"), (b"content-length", b"2"), (b"x-api-key", b"k")]


def known(data: bytes = HEAD % b"2" + b"{}", headers=HEADERS, body_bytes: int = 2) -> KnownHead | None:
    head = KnownHead("POST", "/p/a", "", list(headers), Repeat())
    return head if head.learn(data, body_bytes) else None


class TestAKnownHead:
    @pytest.mark.parametrize("body", [b"{}", b"", b"x" * 12_345, b"a\r\n\r\nb"])
    def test_is_recognised_whatever_the_body(self, body):
        assert known().body_in(HEAD % b"%d" % len(body) + body) == body

    @pytest.mark.parametrize(
        "length",
        [
            b"+2",
            b"-2",
            b"2 ",
            b" 2",
            b"0x2",
            b"2,2",
            b"",
            b"2\t",
            b"1_0",
            b"3",
            b"1",
            b"2" * 19,
            "²".encode(),
            b"2\r\nA: b",
        ],
    )
    def test_is_not_seen_in_a_head_whose_length_is_another(self, length):
        assert known().body_in(HEAD % length + b"{}") is None

    @pytest.mark.parametrize(
        "data",
        [
            (HEAD % b"2" + b"{}").replace(b"POST", b"GET"),
            (HEAD % b"2" + b"{}").replace(b"/p/a", b"/p/b"),
            (HEAD % b"2" + b"{}").replace(b"Key: k", b"Key: l"),
            (HEAD % b"2" + b"{}").replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"),
            (HEAD % b"2" + b"{}").replace(b"Content-Length", b"content-length"),
            HEAD % b"2" + b"{",
            HEAD % b"2" + b"{}" + HEAD % b"2",
            (HEAD % b"2")[:-1],
            b"\r\n" + HEAD % b"2" + b"{}",
            b"",
        ],
    )
    def test_is_not_seen_in_other_bytes(self, data):
        assert known().body_in(data) is None

    def test_tells_the_length_that_came(self):
        assert known().headers_of(7) == [(b"host", b"a"), (b"content-length", b"7"), (b"x-api-key", b"k")]
        assert known().headers_of(2) == HEADERS

    def test_may_have_no_body_at_all(self):
        data = b"GET /p/a HTTP/1.1\r\nHost: a\r\n\r\n"
        head = known(data, [(b"host", b"a")], 0)
        assert head.body_in(data) == b""
        assert head.body_in(data + b"x") is None

    def test_is_found_where_its_value_stands_elsewhere_too(self):
        data = b"POST /2 HTTP/1.1\r\nX: 2 content-length:2\r\nCONTENT-LENGTH:\t2\r\nHost: 2\r\n\r\n{}"
        head = known(data, [(b"x", b"2 content-length:2"), (b"content-length", b"2"), (b"host", b"2")])
        assert head.body_in(data.replace(b":\t2\r", b":\t3\r") + b"!") == b"{}!"

    @pytest.mark.parametrize(
        "data", [HEAD % b"2" + b"{}" + HEAD % b"2" + b"{}", b"X: " + b"y" * 5000 + HEAD % b"2" + b"{}"]
    )
    def test_is_not_learned_from_what_is_more_or_too_long(self, data):
        assert known(data) is None


class TestAConnection:
    @pytest.fixture
    async def wire(self, gateway):
        wire = await Wire.open(gateway.url)
        yield wire
        await wire.close()

    async def test_answers_bodies_of_many_lengths_under_one_head(self, gateway, upstream, wire):
        upstream.answers_by(lambda asked: json_answer(len(asked.body)))
        bodies = [b'{"a": "%b"}' % (b"x" * size) for size in (1, 1, 0, 90, 2000, 3)]
        for body in bodies:
            await wire.send(request(gateway.key, body=body))
            assert json.loads((await wire.answer()).body) == len(body)
        assert [each.body for each in upstream.requests] == bodies
        told = sorted(event.request_bytes for event in await gateway.events(6))  # ids of one millisecond have no order
        assert told == sorted(len(body) for body in bodies)

    async def test_reads_a_known_head_that_comes_in_pieces(self, gateway, upstream, wire):
        sent = request(gateway.key, body=b'{"a": 1}')
        for at in (len(sent), 30, len(sent) - 3):
            await wire.send(sent[:at], sent[at:], pause=0.02)
            assert (await wire.answer()).status == 200
        assert [each.body for each in upstream.requests] == [b'{"a": 1}'] * 3

    async def test_is_not_seen_in_a_body_whose_head_came_behind_another_request(self, gateway, upstream, wire):
        known = request(gateway.key, body=b'{"a": 1}')
        await wire.send(known)
        assert (await wire.answer()).status == 200
        await wire.send(known[:30], known[30:] + request(gateway.key, body=known)[: -len(known)], pause=0.02)
        assert (await wire.answer()).status == 200
        await wire.send(known)
        assert (await wire.answer()).status == 400  # that body is no JSON
        assert await wire.is_closed() is False
        await wire.send(known)
        assert (await wire.answer()).status == 200
        assert [each.body for each in upstream.requests] == [b'{"a": 1}'] * 3

    async def test_reads_other_heads_between_known_ones(self, gateway, upstream, wire):
        for number in (0, 0, 1, 0, 2, 2):
            await wire.send(request(gateway.key, target=f"/p/acme/chat/{number}"))
            assert (await wire.answer()).status == 200
        assert [each.target[-1] for each in upstream.requests] == ["0", "0", "1", "0", "2", "2"]

    async def test_reads_heads_of_which_each_is_another(self, gateway, upstream, wire):
        for number in range(20):
            await wire.send(request(gateway.key, headers=f"X-Number: {number}\r\n"))
            assert (await wire.answer()).status == 200
        assert [each.header(b"x-number") for each in upstream.requests] == [b"%d" % number for number in range(20)]

    async def test_refuses_a_known_head_once_its_key_is_revoked(self, gateway, upstream, wire):
        for _ in range(2):
            await wire.send(request(gateway.key))
            assert (await wire.answer()).status == 200
        gateway.publish_key(may_call=False)
        await gateway.see_changes()
        await wire.send(request(gateway.key))
        assert (await wire.answer()).status == 403
        assert len(upstream.requests) == 2

    async def test_refuses_a_known_head_with_a_body_that_is_no_json(self, gateway, wire):
        for body, status in ((b"{}", 200), (b"{}", 200), (b"{,", 400), (b"{}", 200)):
            await wire.send(request(gateway.key, body=body))
            assert (await wire.answer()).status == status

    async def test_calls_another_service_when_the_path_leads_there_now(self, gateway, upstream, wire):
        for _ in range(2):
            await wire.send(request(gateway.key))
            assert (await wire.answer()).status == 200
        gateway.records.remove("route", "acme/chat")
        await gateway.see_changes()
        await wire.send(request(gateway.key))
        assert (await wire.answer()).status == 404

    async def test_refuses_two_lengths_after_a_known_head(self, gateway, upstream, wire):
        await wire.send(request(gateway.key, body=b"{}"))
        assert (await wire.answer()).status == 200
        await wire.send(request(gateway.key, body=b"{}").replace(b"Length: 2", b"Length: 2\r\nContent-Length: 2"))
        assert (await wire.answer()).status == 400
        assert await wire.is_closed()
        assert len(upstream.requests) == 1
