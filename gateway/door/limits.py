"""How much a client may send before it is refused, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DoorLimits:
    """Bounds of one connection.

    header_count, header_bytes: of a request's head; url_bytes: of its target. head_seconds: from the first byte of a
    request to the end of its head; body_idle_seconds: between two pieces of its body; unread_seconds: how long
    a client may leave what was sent unread. linger_seconds: how long a refused client's bytes are still thrown away,
    so that it can read why.
    """

    header_count: int = 64
    header_bytes: int = 32 * 1024
    url_bytes: int = 8 * 1024
    head_seconds: float = 10.0
    body_idle_seconds: float = 30.0
    unread_seconds: float = 60.0
    linger_seconds: float = 2.0
