"""Ids of usage events: UUID version 7, so that they sort by time and a table of them stays compact."""

from __future__ import annotations

import os

_VERSION = 7 << 76
_VARIANT = 2 << 62
_LOW_62 = (1 << 62) - 1
_MILLISECONDS = (1 << 48) - 1


def new_event_id(now_ms: int, random: bytes | None = None) -> str:
    """Return a fresh id. now_ms: milliseconds since 1970; random: ten bytes, the system's if not given."""
    chance = int.from_bytes(random or os.urandom(10), "big")
    value = (now_ms & _MILLISECONDS) << 80 | _VERSION | (chance >> 68 & 0xFFF) << 64 | _VARIANT | chance & _LOW_62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
