"""Ids of usage events: UUID version 7, so that they sort by time and a table of them stays compact."""

from __future__ import annotations

import os
import uuid


def new_event_id(now_ms: int) -> str:
    """Return a fresh id. now_ms: milliseconds since 1970."""
    random = int.from_bytes(os.urandom(10), "big")
    value = (now_ms & 0xFFFFFFFFFFFF) << 80 | 7 << 76 | (random >> 68 & 0xFFF) << 64 | 2 << 62 | random & (1 << 62) - 1
    return str(uuid.UUID(int=value))
