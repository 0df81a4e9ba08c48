"""An answer that has come whole, in one read: split by hand, which costs a third of what the parser's callbacks do.

Only heads of the plainest kind are taken: HTTP/1.1, printable ASCII, one length that is exactly what came, nothing that
changes the framing. For everything else the answer is None, and llhttp reads the same bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from gateway.upstream import headers as crossing
from gateway.upstream.limits import UpstreamLimits

_PRINTABLE = bytes(range(0x20, 0x7F))
_STATUS = re.compile(rb"HTTP/1\.1 ([2-5][0-9][0-9]) [!-~][ -~]{0,99}")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
#: Answers without a body, whatever their head says.
_NO_BODY = frozenset((204, 304))
_LENGTH_DIGITS = 9
_SPACE = 0x20
#: They say how the answer ends, or what becomes of the connection.
_OF_FRAMING = frozenset((b"transfer-encoding", b"proxy-connection", b"upgrade"))
_KEEP = 4096
_SHORT = 256  # of lines that are kept


@dataclass(slots=True)
class Whole:
    """lines: the header lines that may cross to the client, as they came, each with its end."""

    status: int
    lines: bytes
    body: bytes


class _Kind(Enum):
    PASSED = auto()
    DROPPED = auto()
    LENGTH = auto()
    TYPE = auto()
    CONNECTION = auto()
    STRANGE = auto()


_kinds: dict[bytes, _Kind] = {}
_statuses: dict[bytes, int] = {}
#: Lines that were read before and found sound, and whether they cross: an upstream sends most of them again and again.
_lines: dict[bytes, bool] = {}
_PASSED, _DROPPED, _LENGTH, _TYPE = _Kind.PASSED, _Kind.DROPPED, _Kind.LENGTH, _Kind.TYPE
_CONNECTION, _STRANGE = _Kind.CONNECTION, _Kind.STRANGE


def split(data: bytes, limits: UpstreamLimits) -> Whole | None:
    """Return the answer, when these bytes are one, whole and plain. Not for answers to HEAD."""
    end = data.find(b"\r\n\r\n", 0, limits.header_bytes)
    if end < 0:
        return None
    head = data[:end]
    lines = head.split(b"\r\n")
    status = _statuses.get(lines[0]) or _status(lines[0])
    # nothing but printable characters and the ends of the lines: no value can hold a line of its own
    if not status or len(lines) > limits.header_count or len(head.translate(None, _PRINTABLE)) != 2 * len(lines) - 2:
        return None
    kept = _kept(lines, len(data) - end - 4)
    return None if kept is None else Whole(status, kept, data[end + 4 :])


def forget() -> None:
    """Let go of what was remembered of heads: an upstream may have said a secret again in one."""
    for remembered in (_lines, _statuses, _kinds):
        remembered.clear()


def _kept(lines: list[bytes], body_bytes: int) -> bytes | None:
    """Return the lines that may cross, or None for a head that llhttp shall read."""
    kept: list[bytes] = []
    length = -1
    del lines[0]
    for line in lines:
        if (crosses := _lines.get(line)) is not None:
            if crosses:
                kept.append(line)
            continue
        name, _, value = line.partition(b": ")
        kind = _kinds.get(name) or _kind(name)
        # blanks around a value are the parser's to take away
        if kind is _STRANGE or not value or value[0] == _SPACE or value[-1] == _SPACE:
            return None
        if kind is _LENGTH:
            if length >= 0 or not value.isdigit() or len(value) > _LENGTH_DIGITS:
                return None
            length = int(value)
            kept.append(line)
            continue
        if kind is _TYPE and b"event-stream" in value.lower():
            return None
        if kind is _CONNECTION and value.lower() != b"keep-alive":
            return None
        crosses = kind is _PASSED or kind is _TYPE
        if crosses:
            kept.append(line)
        if len(line) <= _SHORT:
            if len(_lines) >= _KEEP:
                _lines.clear()
            _lines[line] = crosses
    if length != body_bytes:
        return None
    kept.append(b"")
    return b"\r\n".join(kept)


def _status(line: bytes) -> int:
    """Return the status that a line says, 0 for one that is not taken."""
    match = _STATUS.fullmatch(line)
    status = int(match.group(1)) if match is not None else 0
    if not status or status in _NO_BODY:
        return 0
    if len(_statuses) >= _KEEP:
        _statuses.clear()
    _statuses[line] = status
    return status


def _kind(name: bytes) -> _Kind:
    if not _NAME.fullmatch(name):
        return _STRANGE
    low = name.lower()
    if low in _OF_FRAMING:
        kind = _STRANGE
    elif low == b"content-length":
        kind = _LENGTH
    elif low == b"content-type":
        kind = _TYPE
    elif low == b"connection":
        kind = _CONNECTION
    else:
        kind = _PASSED if crossing.may_come_back(name) else _DROPPED
    if len(_kinds) >= _KEEP:
        _kinds.clear()
    _kinds[name] = kind
    return kind
