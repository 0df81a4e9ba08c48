"""Status lines and headers as bytes."""

from __future__ import annotations

import http

from gateway.context import Headers

_CONTROLS = bytes([*range(9), *range(10, 32), 127])
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
#: In every answer: what the gateway passes on is not for browsers to guess at.
_ALWAYS = b"x-content-type-options: nosniff\r\n"


def _status_line(status: int) -> bytes:
    try:
        phrase = http.HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()


STATUS_LINES = {status: _status_line(status) + _ALWAYS for status in range(100, 1000)}


class DefaultHeaders:
    """The server's own headers (date, server) as bytes, rendered when the server renews its list: once a second."""

    def __init__(self) -> None:
        self._pairs: list[tuple[bytes, bytes]] | None = None
        self._rendered = b""

    def rendered(self, pairs: list[tuple[bytes, bytes]]) -> bytes:
        """Return the lines of `pairs`."""
        if pairs is not self._pairs:
            self._pairs = pairs
            self._rendered = b"".join(name + b": " + value + b"\r\n" for name, value in pairs)
        return self._rendered


def render(status: int, defaults: bytes, headers: Headers, framing: bytes) -> bytes:
    """Return a whole head. framing: lines about the connection and the body's end, each with its line end.

    Raises ValueError when a header holds a line break or another control character.
    """
    lines = b"".join([b"%b: %b\r\n" % pair for pair in headers])
    head = b"".join((STATUS_LINES[status], defaults, lines, framing, b"\r\n"))
    if len(lines) - len(lines.translate(None, _CONTROLS)) != 2 * len(headers):
        raise ValueError("A header of the answer holds a line break or another control character.")
    return head
