"""No canary survives, however an upstream writes it back."""

from __future__ import annotations

import base64
import functools
import json
import re
from urllib.parse import quote, quote_plus

import pytest

from domain import scrubbing
from domain.scrubbing import MARK, scrub, scrub_beginning

CANARIES = ["sk-canary-0123456789", 'qu"ote\\and/slash+plus ä', "line\nbreak&amp=1", "it's~so!(very)*<odd>`/="]


def escaping(characters: str, text: str) -> str:
    """Return JSON in which more is escaped than has to be."""
    return json.dumps(text).translate({ord(each): f"\\u{ord(each):04x}" for each in characters})


def as_dotnet(text: str) -> str:
    """Return JSON as .NET writes it."""
    written = escaping("&'+<>`", text).replace('\\"', "\\u0022")
    return re.sub(r"(?<=\\u)[0-9a-f]{4}", lambda found: found[0].upper(), written)


WRITINGS = {
    "plain": lambda text: text,
    "json": json.dumps,
    "json in json": lambda text: json.dumps({"inner": json.dumps({"k": text})}),
    "escaped slashes": lambda text: json.dumps(text).replace("/", "\\/"),
    "not only ascii": lambda text: json.dumps(text, ensure_ascii=False),
    "json of Go": functools.partial(escaping, "&<>"),
    "json of Jinja": functools.partial(escaping, "&<>'"),
    "json of Gson": functools.partial(escaping, "&<>'="),
    "json of .NET": as_dotnet,
    "url": lambda text: quote(text, safe=""),
    "url of JavaScript": lambda text: quote(text, safe="!'()*"),
    "form of JavaScript": lambda text: quote_plus(text, safe="*").replace("~", "%7E"),
    "form": quote_plus,
    "lower-case url": lambda text: re.sub("%..", lambda found: found[0].lower(), quote(text, safe="")),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "basic": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "basic, shifted": lambda text: base64.b64encode(f"u:{text}:x".encode()).decode(),
    "url-safe base64": lambda text: base64.urlsafe_b64encode(f"abcd{text}".encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
}  # fmt: skip


class TestScrubbing:
    @pytest.mark.parametrize("canary", CANARIES)
    @pytest.mark.parametrize("writing", WRITINGS)
    def test_takes_out_every_writing(self, writing, canary):
        written = WRITINGS[writing](canary)
        body = f'{{"a": 1, "echo": {written}, "b": 2}}'.encode()
        scrubbed = scrub(body, [canary])
        assert MARK in scrubbed
        assert scrubbed.startswith(b'{"a": 1, "echo": ')
        assert scrubbed.endswith(b', "b": 2}')
        # but for a few letters at its edges that also hold the neighbours' bits
        assert len(scrubbed) <= len(body) - len(canary) * 0.8

    def test_leaves_everything_else_byte_for_byte(self):
        body = bytes(range(256)) + b"nothing of ours"
        assert scrub(body, ["sk-canary-0123456789"]) == body

    def test_takes_no_words_for_secrets(self):
        assert scrub(b"a key is a key", ["key", ""]) == b"a key is a key"

    def test_takes_the_longer_of_two_whole(self):
        assert scrub(b"x secret-long x", ["secret", "secret-long"]) == b"x *** x"


def test_nothing_of_a_secret_stays_once_it_is_forgotten():
    canary = "canaryforgotten"
    scrub(canary.encode(), [canary])
    assert any(canary in repr(pattern) for pattern in re._cache)
    scrubbing.forget()
    assert not any(canary in repr(pattern) for pattern in re._cache)
    assert (scrubbing._pattern.cache_info().currsize, scrubbing._all_writings.cache_info().currsize) == (0, 0)
    assert scrub(canary.encode(), [canary]) == MARK


class TestTheBeginningOfALongerText:
    @pytest.mark.parametrize("canary", CANARIES)
    @pytest.mark.parametrize("writing", WRITINGS)
    def test_ends_before_a_secret_that_it_cuts_in_two(self, writing, canary):
        whole = f"{canary} {'x' * 50} {WRITINGS[writing](canary)} and more".encode()
        cleared = scrub(whole, [canary])
        for size in range(len(canary.encode()) + 52, len(whole)):
            kept = scrub_beginning(whole[:size], [canary])
            assert cleared.startswith(kept), (size, kept)

    def test_is_all_of_it_where_no_secret_begins(self):
        assert scrub_beginning(b"nothing to see here", ["sk-canary-0123456789"]) == b"nothing to see here"
