"""Records on disk: header, event id, payload.

    header, 16 bytes, little-endian: length of what follows u32, kind u8, length of the event id u8, magic u16,
    CRC-32 of what follows u32, CRC-32 of the twelve bytes before u32

The magic does not occur in UTF-8, hence in no payload: after damage, the next record is found by looking for it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from zlib import crc32

from gateway.spool.errors import PayloadTooLarge

MAX_PAYLOAD = 64 * 1024
_MAX_EVENT_ID = 64
_MAGIC = b"\xf5\xfe"
_MAGIC_AT = 6
_FIELDS = struct.Struct("<IBB2sI")
_CRC = struct.Struct("<I")
HEADER_BYTES = _FIELDS.size + _CRC.size
MAX_RECORD = HEADER_BYTES + _MAX_EVENT_ID + MAX_PAYLOAD


class Kind(IntEnum):
    """What a record says about a call: it begins, it has come so far, it is over."""

    INTENT = 1
    CHECKPOINT = 2
    FINAL = 3


_KINDS = {int(kind): kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Record:
    """A record read back. end: the offset after it."""

    kind: Kind
    event_id: str
    payload: bytes
    end: int


@dataclass(frozen=True, slots=True)
class Scan:
    """What a buffer holds. end: the offset after the last whole record; damaged: (from, to) of unreadable stretches
    with records behind them; what lies after `end` is a record cut short, or nothing."""

    records: Sequence[Record]
    end: int
    damaged: Sequence[tuple[int, int]]


def check_size(payload: bytes) -> bytes:
    """Return a payload that a record can hold. Raises PayloadTooLarge."""
    if len(payload) > MAX_PAYLOAD:
        raise PayloadTooLarge(f"A usage record of {len(payload)} bytes is larger than {MAX_PAYLOAD}.")
    return payload


def encode(kind: Kind, event_id: str, payload: bytes) -> bytes:
    """Return the bytes of one record. Raises PayloadTooLarge."""
    if len(payload) > MAX_PAYLOAD:
        check_size(payload)
    name = event_id.encode()
    size = len(name)
    fields = _FIELDS.pack(size + len(payload), kind, size, _MAGIC, crc32(payload, crc32(name)))
    return b"".join((fields, _CRC.pack(crc32(fields)), name, payload))


def scan(buffer: bytes, start: int) -> Scan:
    """Read every record from `start` on, also those behind damage."""
    records: list[Record] = []
    damaged: list[tuple[int, int]] = []
    at = end = start
    while at < len(buffer):
        record = _read(buffer, at)
        if record is None:
            following = _next_record(buffer, at + 1)
            if following is None:
                break
            damaged.append((at, following))
            at = following
        else:
            records.append(record)
            at = end = record.end
    return Scan(records, end, damaged)


def _read(buffer: bytes, at: int) -> Record | None:
    """Return the record that begins at `at`, or None when no whole, sound one does."""
    body_at = at + HEADER_BYTES
    if at < 0 or body_at > len(buffer):
        return None
    length, kind, name_length, magic, checksum = _FIELDS.unpack_from(buffer, at)
    (header_checksum,) = _CRC.unpack_from(buffer, at + _FIELDS.size)
    end = body_at + length
    if magic != _MAGIC or kind not in _KINDS or end > len(buffer) or name_length > length:
        return None
    if crc32(buffer[at : at + _FIELDS.size]) != header_checksum or crc32(buffer[body_at:end]) != checksum:
        return None
    payload_at = body_at + name_length
    return Record(_KINDS[kind], buffer[body_at:payload_at].decode(), buffer[payload_at:end], end)


def _next_record(buffer: bytes, start: int) -> int | None:
    found = buffer.find(_MAGIC, start + _MAGIC_AT)
    while found >= 0:
        if _read(buffer, found - _MAGIC_AT) is not None:
            return found - _MAGIC_AT
        found = buffer.find(_MAGIC, found + 1)
    return None
