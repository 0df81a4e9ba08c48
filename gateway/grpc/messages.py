"""Counting messages as they pass: five bytes in front of each say how long it is."""

from __future__ import annotations

_PREFIX_BYTES = 5


class MessageCounter:
    """One direction of a call."""

    def __init__(self) -> None:
        self._prefix = b""
        self._left = 0

    def feed(self, piece: bytes) -> tuple[int, int]:
        """Take a piece and return (bytes of messages, without their prefixes; messages that ended) in it."""
        at = payload = messages = 0
        while at < len(piece):
            if self._left:
                taken = min(self._left, len(piece) - at)
                self._left -= taken
                payload += taken
                at += taken
            else:
                taken = min(_PREFIX_BYTES - len(self._prefix), len(piece) - at)
                self._prefix += piece[at : at + taken]
                at += taken
                if len(self._prefix) < _PREFIX_BYTES:
                    break
                self._left, self._prefix = int.from_bytes(self._prefix[1:]), b""
            messages += not self._left
        return payload, messages
