"""A head that was read and found sound, recognised when the same client sends it again: then nobody parses it anew.

Clients that keep a connection send one head again and again, but for the length of the body.
"""

from __future__ import annotations

from gateway.context import Headers, RequestContext
from gateway.door import contexts, heads
from gateway.plain.repeats import Repeat

_LONGEST = 4096
_LENGTH = b"\r\ncontent-length:"
#: After so many heads in a row of which each was another one, a client's heads are not remembered any more.
_STRANGERS = 8


class KnownHead:
    """One head: all of its bytes but the digits of the body's length. repeat: what else is known of it.

    length: of the body that it came with, -1 for none.
    """

    __slots__ = ("_after", "_at", "_before", "_has_body", "headers", "length", "method", "path", "query", "repeat")

    def __init__(self, method: str, path: str, query: str, headers: Headers, repeat: Repeat) -> None:
        self.method, self.path, self.query = method, path, query
        self.headers = headers
        self.repeat = repeat
        self._before = self._after = b""
        self._at = self.length = -1
        self._has_body = False

    def learn(self, data: bytes, body_bytes: int) -> bool:
        """Take the bytes of a whole request that was read to its end. Return whether it will be recognised."""
        end = data.find(b"\r\n\r\n", 0, _LONGEST) + 4
        if end < 4 or end + body_bytes != len(data):
            return False
        self._at = next((at for at, (name, _) in enumerate(self.headers) if name == b"content-length"), -1)
        self._has_body = self._at >= 0
        if not self._has_body:
            self._before = data[:end]
            return not body_bytes
        digits = self.headers[self._at][1]
        # there is one such line, and a line cannot begin inside a value
        at = data.lower().find(_LENGTH, 0, end) + len(_LENGTH)
        at = data.find(digits, at, end)
        self._before, self._after = data[:at], data[at + len(digits) : end]
        self.length = body_bytes
        return at > len(_LENGTH)

    def body_in(self, data: bytes) -> bytes | None:
        """Return the body, when these bytes are one whole request with this head; else None."""
        if not data.startswith(self._before):
            return None
        start = len(self._before)
        if not self._has_body:
            return b"" if len(data) == start else None
        end = data.find(b"\r", start, start + heads.LENGTH_DIGITS + 1)
        at = end + len(self._after)
        # the parser takes blanks around the digits that we do not: it shall read such a head itself
        if end < 0 or not data.startswith(self._after, end) or not (digits := data[start:end]).isdigit():
            return None
        return data[at:] if len(digits) <= heads.LENGTH_DIGITS and int(digits) == len(data) - at else None

    def headers_of(self, body_bytes: int) -> Headers:
        """Return the headers with the length of a body."""
        if not self._has_body or body_bytes == self.length:
            return self.headers
        headers = self.headers.copy()
        headers[self._at] = (b"content-length", b"%d" % body_bytes)
        return headers


class HeadMemory:
    """What a connection remembers of its client: the head that came last."""

    __slots__ = ("_known", "_strangers")

    def __init__(self) -> None:
        self._known: KnownHead | None = None
        self._strangers = 0  # heads in a row that were not the known one

    def recognise(self, data: bytes, limit: int) -> RequestContext | None:
        """Return the call that begins with a whole request whose head is known. limit: of a body that is taken."""
        known = self._known
        if known is None or (body := known.body_in(data)) is None or len(body) > limit:
            return None
        self._strangers = 0
        headers = known.headers if len(body) == known.length else known.headers_of(len(body))
        return contexts.begun(known.method, known.path, known.query, headers, body, repeat=known.repeat)

    def learn(self, data: bytes, head: KnownHead, body_bytes: int) -> None:
        """Remember a head in place of the last one, unless each is another one. data: the whole request."""
        self._strangers += 1
        self._known = head if self._strangers <= _STRANGERS and head.learn(data, body_bytes) else None

    def forget(self) -> None:
        """Remember nothing."""
        self._known = None
