"""The answer that is split by hand: whatever is taken, llhttp takes too, and reads the same in it."""

from __future__ import annotations

import re

import httptools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.upstream import headers as crossing
from gateway.upstream import whole
from gateway.upstream.limits import UpstreamLimits
from gateway.upstream.whole import split

LIMITS = UpstreamLimits()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: now\r\nContent-Length: 2\r\nX-Id: a b\r\n\r\n"

BLANKS = st.sampled_from((b" ", b"", b"  ", b"\t", b" \t"))
ENDS = st.sampled_from((b"\r\n",) * 8 + (b"\n", b"\r", b"\r\r\n", b"\r\n "))
NAMES = st.sampled_from(
    (b"Content-Length", b"content-length", b"Content-Type", b"Transfer-Encoding", b"Connection", b"X-Id", b"Date",
     b"Set-Cookie", b"Upgrade", b"Proxy-Connection", b"Keep-Alive", b"content length", b"Content_Length", b"X\x00", b"",
     b"Content-Length ")
)  # fmt: skip
VALUES = st.sampled_from(
    (b"2", b"02", b"+2", b"2, 2", b"0x2", b"3", b"", b"a", b"a b", b"a\tb", b"\xe9", b"chunked", b"close",
     b"keep-alive", b"Keep-Alive, x-id", b"text/event-stream", b"application/json", b"a\x00", b"a\rb", b"a\nb",
     b"2" * 12)
)  # fmt: skip
STATUSES = st.sampled_from(
    (b"HTTP/1.1 200 OK",) * 6
    + (b"HTTP/1.1 404 Not Found", b"HTTP/1.0 200 OK", b"HTTP/1.1 200", b"HTTP/1.1 200 ", b"HTTP/1.1 204 No Content",
       b"HTTP/1.1 304 Not Modified", b"HTTP/1.1 100 Continue", b"HTTP/1.1 600 X", b"HTTP/1.1  200 OK", b"HTTP/2 200 OK",
       b"http/1.1 200 OK", b"\r\nHTTP/1.1 200 OK", b"HTTP/1.1 2000 OK", b"HTTP/1.1 200 O\x00K", b"ICY 200 OK")
)  # fmt: skip


@st.composite
def answers(draw):
    lines = draw(st.lists(st.tuples(NAMES, BLANKS, VALUES, BLANKS, ENDS), max_size=5))
    head = b"".join(name + b":" + before + value + (after if draw(st.integers(0, 9)) > 7 else b"") + end
                    for name, before, value, after, end in lines)  # fmt: skip
    length = draw(st.sampled_from((b"Content-Length: 2\r\n",) * 3 + (b"",)))
    rest = draw(st.sampled_from((b"{}",) * 5 + (b"", b"{}x", b"{", b"{}HTTP/1.1 200 OK\r\n\r\n")))
    return draw(STATUSES) + draw(ENDS) + length + head + b"\r\n" + rest


class Reader:
    """What llhttp makes of an answer."""

    def __init__(self, data: bytes) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.ends, self.keeps = 0, False
        self.parser = httptools.HttpResponseParser(self)
        self.parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.ends += 1
        self.keeps = self.parser.should_keep_alive()


def check(data: bytes) -> bool:
    """Return whether the bytes were taken; whatever was taken must be what llhttp reads, and the same again."""
    whole._lines.clear()
    answer = split(data, LIMITS)
    assert split(data, LIMITS) == answer
    if answer is None:
        return False
    read = Reader(data)
    assert (read.ends, read.keeps, read.parser.get_http_version()) == (1, True, "1.1")
    assert (answer.status, answer.body) == (read.parser.get_status_code(), read.body)
    assert answer.lines == b"".join(b"%b: %b\r\n" % pair for pair in crossing.for_client(read.headers))
    return True


@settings(max_examples=600, deadline=None)
@given(answers())
def test_nothing_is_taken_that_llhttp_reads_otherwise(data):
    check(data)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(HEAD) + 1), st.integers(0, 3), st.binary(max_size=3))
def test_nothing_is_taken_of_a_changed_head_that_llhttp_reads_otherwise(at, gone, put):
    data = HEAD + b"{}"
    check(data[:at] + put + data[at + gone :])


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"{}",
        b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n",
        HEAD.replace(b"X-Id: a b", b"Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nSet-Cookie: a=b; c") + b"{}",
    ],
)
def test_plain_answers_are_taken(data):
    assert check(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"200 OK", b"204 No Content"),
        (b"200 OK", b"304 Not Modified"),
        (b"200 OK", b"100 Continue"),
        (b"200 OK", b"101 Switching Protocols"),
        (b"Content-Length: 2", b"Content-Length: 3"),
        (b"Content-Length: 2", b"Content-Length: 1"),
        (b"Content-Length: 2", b"Content-Length: 2\r\nContent-Length: 2"),
        (b"Content-Length: 2", b"Content-Length: +2"),
        (b"Content-Length: 2", b"Content-Length: 2 "),
        (b"Content-Length: 2", b"Content-Length:2"),
        (b"Content-Length: 2\r\n", b""),
        (b"X-Id: a b", b"Transfer-Encoding: chunked"),
        (b"X-Id: a b", b"Connection: close"),
        (b"X-Id: a b", b"Connection: keep-alive, x-id"),
        (b"X-Id: a b", b"Upgrade: h2c"),
        (b"X-Id: a b", b" folded"),
        (b"X-Id: a b", b"X-Id: a\rb"),
        (b"X-Id: a b", b"X-Id: a\nb"),
        (b"X-Id: a b", b"X-Id: a\x00b"),
        (b"X-Id: a b", b"X-Id : a"),
        (b"X-Id: a b", b"X-Id: \xe9"),
        (b"X-Id: a b", b"\r\n".join(b"X-%d: a" % number for number in range(200))),
        (b"X-Id: a b", b"X-Id: " + b"a" * 40_000),
        (b"application/json", b"text/event-stream"),
    ],
)
def test_others_are_left_to_llhttp(old, new):
    assert old in HEAD
    assert split(HEAD.replace(old, new) + b"{}", LIMITS) is None


@pytest.mark.parametrize("rest", [b"", b"{", b"{}\r\n", b"{}" + HEAD + b"{}"])
def test_what_is_more_or_less_than_one_answer_is_left_to_llhttp(rest):
    assert split(HEAD + rest, LIMITS) is None


def test_lines_are_remembered_only_if_they_are_short_and_few():
    whole._lines.clear()
    for number in range(5000):
        assert split(HEAD.replace(b"a b", b"%d" % number) + b"{}", LIMITS) is not None
    assert split(HEAD.replace(b"a b", b"a" * 1000) + b"{}", LIMITS) is not None
    assert 0 < len(whole._lines) <= 4096
    assert max(map(len, whole._lines)) < 300


def test_headers_that_are_not_the_clients_stay_here():
    answer = split(HEAD.replace(b"X-Id: a b", b"X-Request-Id: 1\r\nServer: x\r\nX-Id: a") + b"{}", LIMITS)
    assert answer is not None
    assert re.findall(rb"(?m)^[^:]+", answer.lines.strip()) == [b"Content-Type", b"Content-Length", b"X-Id"]
