"""Frames of a WebSocket, as a client reads and writes them. RFC 6455, section 5."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
#: What a close frame without a code says.
NO_CODE = 1005
_FIN, _MASKED, _LENGTH, _OPCODE = 0x80, 0x80, 0x7F, 0x0F

#: Returns exactly so many bytes.
Read = Callable[[int], bytes]


class TooMuch(Exception):
    """A frame is longer than a test looks at."""


@dataclass(frozen=True, slots=True)
class Frame:
    """ends: the message that it belongs to."""

    opcode: int
    payload: bytes
    ends: bool

    @property
    def code(self) -> int:
        """Return what a close frame says."""
        return int.from_bytes(self.payload[:2]) if len(self.payload) > 1 else NO_CODE


def read(exactly: Read, most: int) -> Frame:
    """Return the next frame of a server. most: bytes that it may have. Raises TooMuch."""
    first, second = exactly(2)
    length = second & _LENGTH
    if length > 125:
        length = int.from_bytes(exactly(2 if length == 126 else 8))
    if length > most:
        raise TooMuch
    return Frame(first & _OPCODE, exactly(length), bool(first & _FIN))


def written(opcode: int, payload: bytes) -> bytes:
    """Return a frame of a client: whole and masked."""
    size = len(payload)
    if size < 126:
        head = bytes((_FIN | opcode, _MASKED | size))
    elif size < 65536:
        head = struct.pack("!BBH", _FIN | opcode, _MASKED | 126, size)
    else:
        head = struct.pack("!BBQ", _FIN | opcode, _MASKED | 127, size)
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
