"""A WebSocket as a test opens it: the handshake, one message when there is one, what comes back, and the end."""

from __future__ import annotations

import base64
import hashlib
import os
import struct
import time
from typing import Any

import httpcore
import httpx

from marketplace.testing import calling
from marketplace.testing.calling import ANSWER_BYTES, Answer
from marketplace.testing.live import frames

AGREED = 101
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SECONDS, _PARTING_SECONDS = 20.0, 2.0
#: Clean ends: normal, going away, and none named.
_CLEAN = frozenset({1000, 1001, frames.NO_CODE})
#: Ends that are a failure of the service: RFC 6455 and the registry. Any other is a word about what was sent.
_FAILURES = frozenset({1006, 1011, 1012, 1013, 1014})


class _Ended(Exception):
    """The connection has ended without a close frame."""


def call(url: str, *, token: str, headers: dict[str, str], message: str | None) -> Answer:
    """Open a WebSocket with a call token. The answer's status: 101 when all went well; message says what did not.

    text: the first message that came.
    """
    key = base64.b64encode(os.urandom(16))
    sent = {**headers, "authorization": f"Bearer {token}", "connection": "Upgrade", "upgrade": "websocket",
            "sec-websocket-version": "13", "sec-websocket-key": key.decode()}  # fmt: skip
    began = time.monotonic()
    try:
        with (
            httpx.Client(timeout=calling.TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", url, headers=sent) as response,
        ):
            if response.status_code != AGREED:
                return calling.answered(response, began)
            accepted = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest()).decode()
            if response.headers.get("sec-websocket-accept") != accepted:
                return Answer(0, message="the gateway agreed to another WebSocket", duration_ms=calling.ms(began))
            status, text, problem = _Talk(response.extensions["network_stream"]).with_message(message)
            told = {name.lower(): value for name, value in response.headers.items()}
            return Answer(status, text, "", problem, calling.ms(began), told)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return calling.unanswered(error, began)


class _Talk:
    """What is said on a connection that was agreed on."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._held = stream, b""
        self._until = time.monotonic() + _SECONDS

    def with_message(self, message: str | None) -> tuple[int, str, str]:
        """Send a message, if there is one, and part. Returns status, text, and what went wrong."""
        try:
            found = self._asked(message) if message is not None else (AGREED, "", "")
        except httpcore.TimeoutException:
            found = 504, "", f"the WebSocket opened, and nothing came back within {_SECONDS:g} s"
        except (_Ended, httpcore.NetworkError):
            found = 502, "", "the WebSocket opened, and the connection was lost before an answer came"
        except frames.TooMuch:
            found = 422, "", f"the first message has more than {ANSWER_BYTES} bytes"
        self._part()
        return found

    def _asked(self, message: str | None) -> tuple[int, str, str]:
        self._send(frames.TEXT, (message or "").encode())
        pieces: list[bytes] = []
        while True:
            frame = self._next(ANSWER_BYTES - sum(map(len, pieces)))
            if frame.opcode == frames.CLOSE:
                return _closed(frame.code)
            if frame.opcode in {frames.TEXT, frames.BINARY, frames.CONTINUATION}:
                pieces.append(frame.payload)
                if frame.ends:
                    return AGREED, b"".join(pieces).decode("utf-8", "replace"), ""

    def _next(self, most: int) -> frames.Frame:
        """Return the next frame; pings are answered."""
        frame = frames.read(self._exactly, most)
        if frame.opcode == frames.PING:
            self._send(frames.PONG, frame.payload)
        return frame

    def _part(self) -> None:
        """Say good-bye and wait a moment for the answer. Whether one comes does not count."""
        self._until = time.monotonic() + _PARTING_SECONDS
        try:
            self._send(frames.CLOSE, struct.pack("!H", 1000))
            while self._next(ANSWER_BYTES).opcode != frames.CLOSE:
                pass
        except (_Ended, httpcore.TimeoutException, httpcore.NetworkError, frames.TooMuch):
            return

    def _send(self, opcode: int, payload: bytes) -> None:
        self._stream.write(frames.written(opcode, payload), self._left())

    def _exactly(self, size: int) -> bytes:
        while len(self._held) < size:
            piece = self._stream.read(65536, self._left())
            if not piece:
                raise _Ended
            self._held += piece
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left


def _closed(code: int) -> tuple[int, str, str]:
    if code in _CLEAN:
        return AGREED, "", ""
    return 502 if code in _FAILURES else 422, "", f"the WebSocket opened, and was closed with code {code}"
