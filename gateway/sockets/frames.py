"""Reading WebSocket frames as they pass: heads are looked at, payloads go on as they came, masks included.

RFC 6455, sections 5.2 to 5.5. Frames of data are passed on in pieces and never held; control frames are held until they
are whole, so that there is always a place between frames to end at.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass

_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_OPCODES = frozenset((_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG))
_CONTROL = 0x8
_FIN, _RESERVED, _OPCODE, _MASKED, _LENGTH = 0x80, 0x70, 0x0F, 0x80, 0x7F
_MAX_CONTROL = 125
_MAX_REASON = 123
#: Codes that may stand in a close frame: RFC 6455, 7.4, and the registry up to 1014.
_CODES = frozenset((*range(1000, 1004), *range(1007, 1015)))
_NO_CODE = 1005


class FrameError(Exception):
    """What came is not the protocol, or too much of it. code: of the close frame; the message is its reason."""

    def __init__(self, code: int, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Close:
    """A close frame. raw: as it came; code: 1005 when it names none."""

    raw: bytes
    code: int
    reason: str


@dataclass(slots=True)
class Passed:
    """What a piece of the stream brings. raw: to be passed on; payload_bytes, messages: of data in it.

    close: ends the stream; nothing after it counts.
    """

    raw: bytes = b""
    payload_bytes: int = 0
    messages: int = 0
    close: Close | None = None


class FrameReader:
    """One direction of a connection. is_masked: the frames come from a client, so they must be masked."""

    def __init__(self, *, is_masked: bool, message_bytes: int) -> None:
        """message_bytes: the most that one message, in all its frames, may have."""
        self._is_masked, self._limit = is_masked, message_bytes
        self._held = b""  # the beginning of a head, or of a control frame
        self._left = 0  # of the payload of the frame of data under way
        self._ends_message = False
        self._in_message = False
        self._message_bytes = 0

    @property
    def is_between_frames(self) -> bool:
        """Return whether all that was passed on ends with a whole frame."""
        return not self._left

    def feed(self, piece: bytes) -> Passed:
        """Take a piece and return what of it goes on. Raises FrameError; then nothing of the piece goes on."""
        passed = Passed()
        view = self._held + piece if self._held else piece
        self._held = b""
        at = start = 0
        size = len(view)
        while at < size:
            if self._left:
                taken = min(self._left, size - at)
                self._left -= taken
                passed.payload_bytes += taken
                at += taken
                if not self._left:
                    self._end_frame(passed)
                continue
            head = self._head(view, at)
            if head is None:
                break  # the rest of the head is still to come
            head_bytes, first, length, mask = head
            opcode = first & _OPCODE
            if not opcode & _CONTROL:
                at += head_bytes
                self._begin_frame(first, opcode, length)
                if not length:
                    self._end_frame(passed)
                continue
            end = at + head_bytes + length
            if end > size:
                break
            if opcode == _CLOSE:
                raw = view[at:end]
                passed.close = _read_close(raw, raw[head_bytes:], mask)
                passed.raw = view[start:at]
                return passed
            at = end
        passed.raw = view if at == size and not start else view[start:at]
        self._held = view[at:]
        return passed

    def _head(self, view: bytes, at: int) -> tuple[int, int, int, bytes] | None:
        """Return (bytes of the head, first byte, length of the payload, mask), or None while it is not whole."""
        if len(view) - at < 2:
            return None
        first, second = view[at], view[at + 1]
        self._check(first, second)
        length, extra = second & _LENGTH, 0
        if length == 126:
            extra = 2
        elif length == 127:
            extra = 8
        head_bytes = 2 + extra + (4 if self._is_masked else 0)
        if len(view) - at < head_bytes:
            return None
        if extra:
            (length,) = struct.unpack_from("!H" if extra == 2 else "!Q", view, at + 2)
            if length < (126 if extra == 2 else 65536) or length >> 63:
                raise FrameError(1002, "A frame must give its length in the shortest form.")
        mask = view[at + head_bytes - 4 : at + head_bytes] if self._is_masked else b""
        return head_bytes, first, length, mask

    def _check(self, first: int, second: int) -> None:
        opcode = first & _OPCODE
        if first & _RESERVED:
            raise FrameError(1002, "No extension was agreed on, so no reserved bit may be set.")
        if opcode not in _OPCODES:
            raise FrameError(1002, "There is no such kind of frame.")
        if bool(second & _MASKED) is not self._is_masked:
            raise FrameError(1002, "Frames of a client must be masked, those of a server must not.")
        if opcode & _CONTROL and (not first & _FIN or second & _LENGTH > _MAX_CONTROL):
            raise FrameError(1002, "A control frame is one frame of at most 125 bytes.")

    def _begin_frame(self, first: int, opcode: int, length: int) -> None:
        if (opcode == _CONTINUATION) is not self._in_message:
            raise FrameError(1002, "A message must end before another one begins.")
        self._message_bytes += length
        if self._message_bytes > self._limit:
            raise FrameError(1009, f"A message has at most {self._limit} bytes.")
        self._in_message = True
        self._ends_message = bool(first & _FIN)
        self._left = length

    def _end_frame(self, passed: Passed) -> None:
        if self._ends_message:
            self._in_message, self._message_bytes = False, 0
            passed.messages += 1


def close_frame(code: int, reason: str, *, is_masked: bool) -> bytes:
    """Return a close frame of our own. reason: cut to what fits. is_masked: it goes to a server."""
    payload = struct.pack("!H", code) + _cut(reason)
    if not is_masked:
        return bytes((_FIN | _CLOSE, len(payload))) + payload
    mask = os.urandom(4)
    return bytes((_FIN | _CLOSE, _MASKED | len(payload))) + mask + _unmasked(payload, mask)


def _read_close(raw: bytes, payload: bytes, mask: bytes) -> Close:
    payload = _unmasked(payload, mask) if mask else payload
    if not payload:
        return Close(raw, _NO_CODE, "")
    if len(payload) == 1:
        raise FrameError(1002, "A close frame has no payload, or one that begins with a code.")
    (code,) = struct.unpack_from("!H", payload)
    if code not in _CODES and not 3000 <= code < 5000:
        raise FrameError(1002, "There is no such code to close with.")
    try:
        return Close(raw, code, payload[2:].decode())
    except UnicodeDecodeError:
        raise FrameError(1007, "The reason to close must be UTF-8.") from None


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    return bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


def _cut(reason: str) -> bytes:
    return reason.encode()[:_MAX_REASON].decode(errors="ignore").encode()
