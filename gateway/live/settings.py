"""How long connections may live, and how much of them may come at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """idle_seconds: without a byte from either side; longest_seconds: of one connection, a stream of gRPC included.

    recheck_seconds: how often it is asked whether the key and the enrollment still hold. message_bytes: of one message
    of a WebSocket, and of one frame. close_seconds: how long the answer to a close frame is waited for, and how long
    gRPC calls may still take when the gateway stops. connections, connections_per_customer: WebSockets of one process.
    streams: of one HTTP/2 connection; header_bytes: of its request heads; resets: how many streams a client may reset
    within ten seconds before its connection is ended.
    """

    idle_seconds: float = 300.0
    longest_seconds: float = 14_400.0
    recheck_seconds: float = 15.0
    message_bytes: int = 16 * 1024 * 1024
    close_seconds: float = 5.0
    connections: int = 10_000
    connections_per_customer: int = 1_000
    streams: int = 100
    header_bytes: int = 32 * 1024
    resets: int = 100
