"""How long an upstream may take, and how much it may send before it is cut off."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for each phase of a call. first_byte: from the end of the request to the head of the answer.

    idle: between two pieces of the answer, or of a request that the upstream does not read. total: all of it.
    """

    connect: float = 5.0
    first_byte: float = 60.0
    idle: float = 60.0
    total: float = 600.0


@dataclass(frozen=True, slots=True)
class UpstreamLimits:
    """Bounds of the client.

    header_bytes, header_count: of one answer's head, interim answers included. buffer_bytes: unread body above which
    reading pauses. connections_per_host: in use at one time; one more is refused, not queued. idle_connections: kept
    open over all hosts, each for keep_alive seconds.
    """

    timeouts: Timeouts = Timeouts()
    header_bytes: int = 32 * 1024
    header_count: int = 128
    interim_answers: int = 8
    buffer_bytes: int = 256 * 1024
    connections_per_host: int = 100
    idle_connections: int = 1000
    keep_alive: float = 30.0
