"""Ids of usage events: UUID version 7, so that they sort by time and a table of them stays compact."""

from __future__ import annotations

import os
from collections import deque

_MILLISECONDS = (1 << 48) - 1
_RANDOM_BYTES = 10
_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
#: The random parts of ids, made of random bytes that are asked of the system for many at a time. Taking one is atomic.
_kept: deque[str] = deque()
os.register_at_fork(after_in_child=_kept.clear)
#: The millisecond that was written last, and its text: the ids of a millisecond share it.
_millisecond: tuple[int, str] = (-1, "")


def new_event_id(now_ms: int, random: bytes | None = None) -> str:
    """Return a fresh id. now_ms: milliseconds since 1970; random: ten bytes, the system's if not given."""
    global _millisecond
    known, text = _millisecond
    if known != now_ms:
        moment = f"{now_ms & _MILLISECONDS:012x}"
        text = f"{moment[:8]}-{moment[8:]}-7"
        _millisecond = (now_ms, text)
    return text + (_ending(random.hex()) if random else _chance())


def _ending(chance: str) -> str:
    """Return what follows the time and the version."""
    return f"{chance[:3]}-{_VARIANTS[chance[3]]}{chance[4:7]}-{chance[7:19]}"


def _chance() -> str:
    while True:
        try:
            return _kept.popleft()
        except IndexError:
            fresh = os.urandom(_RANDOM_BYTES * 256).hex()
            size = 2 * _RANDOM_BYTES
            _kept.extend(_ending(fresh[at : at + size]) for at in range(0, len(fresh), size))
