"""Which headers cross, and how a head is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.api_keys import new_key
from gateway.upstream.errors import BadRequestHead
from gateway.upstream.headers import check, for_client, for_upstream
from gateway.upstream.wire import request_head


def names(headers):
    return [name for name, _ in headers]


class TestForUpstream:
    @pytest.mark.parametrize(
        "name",
        b"Authorization X-Api-Key API-KEY x-goog-api-key Cookie Connection Keep-Alive Proxy-Authorization "
        b"Proxy-Connection TE Trailer Transfer-Encoding Upgrade Forwarded X-Forwarded-For X-Forwarded- "
        b"Host X-Forwarded-Anything X-Real-IP Via X-Usvc-Team x-usvc- Host Content-Length Accept-Encoding "
        b"Expect X_Forwarded_For content_length".split(),
    )
    def test_drops(self, name):
        assert for_upstream([(name, b"value")]) == [(b"accept-encoding", b"identity")]

    def test_keeps_the_rest_in_order_and_spelling(self):
        headers = [(b"Content-Type", b"application/json"), (b"X-A", b"1"), (b"x-a", b"2"), (b"User-Agent", b"test")]

        assert for_upstream(headers)[:-1] == headers

    def test_drops_what_connection_lists(self):
        headers = [
            (b"X-Secret-Hop", b"1"),
            (b"Connection", b"close, x-secret-hop , X-Other"),
            (b"x-other", b"1"),
            (b"x-c", b"1"),
        ]

        assert names(for_upstream(headers)) == [b"x-c", b"accept-encoding"]

    def test_drops_our_key_wherever_it_is(self):
        headers = [(b"x-custom-auth", b"Bearer " + new_key().encode()), (b"x-b", b"1")]

        assert names(for_upstream(headers)) == [b"x-b", b"accept-encoding"]


class TestForClient:
    @pytest.mark.parametrize(
        "name",
        b"Connection Keep-Alive Proxy-Authenticate TE Trailer Transfer-Encoding Upgrade Set-Cookie "
        b"Strict-Transport-Security Alt-Svc Server-Timing Access-Control-Allow-Origin access-control-x "
        b"X-Usvc-Cost Forwarded Via X-Real-IP X-Forwarded-For Clear-Site-Data".split(),
    )
    def test_drops(self, name):
        assert for_client([(name, b"value")]) == []

    def test_keeps_the_rest(self):
        headers = [(b"Content-Type", b"text/plain"), (b"Content-Length", b"3"), (b"X-RateLimit-Remaining", b"1")]

        assert for_client(headers) == headers

    def test_drops_what_connection_lists(self):
        assert for_client([(b"X-Hop", b"1"), (b"connection", b"x-hop")]) == []


class TestRequestHead:
    def test_frames_the_body_itself(self):
        given_headers = [
            (b"content-length", b"5"),
            (b"Transfer-Encoding", b"chunked"),
            (b"Host", b"evil"),
            (b"connection", b"x"),
        ]

        head = request_head("POST", b"/", b"api.example", [*given_headers, (b"x-a", b"1")], 3, True)

        assert head == b"POST / HTTP/1.1\r\nhost: api.example\r\nx-a: 1\r\ncontent-length: 3\r\n\r\n"

    def test_sends_chunks_without_a_length_and_nothing_without_a_body(self):
        assert b"transfer-encoding: chunked\r\n" in request_head("PUT", b"/", b"a", [], None, True)
        assert request_head("GET", b"/", b"a", [], 0, False) == b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"
        assert b"content-length: 0\r\n" in request_head("POST", b"/", b"a", [], 0, False)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            (b"x-a", b"1\r\nx-b: 2"), (b"x-a", b"1\nx-b: 2"), (b"x-a", b"1\rx"), (b"x-a", b"\x00"),
            (b"x-a", b"\x7f"), (b"x-a", b"1\r\n"),
            (b"x a", b"1"), (b"", b"1"), (b"x:a", b"1"), (b"x\r\n", b"1"), (b"\xff", b"1"),
        ],
    )  # fmt: skip
    def test_refuses_what_would_break_the_framing(self, name, value):
        with pytest.raises(BadRequestHead):
            request_head("GET", b"/", b"a", [(name, value)], 0, False)
        with pytest.raises(BadRequestHead):
            check(name, value)

    @pytest.mark.parametrize("method", ["CONNECT", "get", "GET ", "G\r\n", "", "GÉT", "A" * 21])
    def test_refuses_odd_methods(self, method):
        with pytest.raises(BadRequestHead):
            request_head(method, b"/", b"a", [], 0, False)

    @given(st.lists(st.tuples(st.binary(max_size=12), st.binary(max_size=12)), max_size=4))
    def test_never_has_more_lines_than_headers(self, headers):
        try:
            head = request_head("GET", b"/", b"a", headers, 0, False)
        except BadRequestHead:
            return
        assert head.endswith(b"\r\n\r\n")
        assert head.count(b"\n") <= len(headers) + 3
        assert b"\r\n\r\n" not in head[:-4]
