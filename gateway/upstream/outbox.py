"""What one turn of the loop sends to upstreams leaves when the turn is over, one after the other.

Sending wakes whoever reads. Between two pieces of work it would be woken for each, and has fallen asleep again by the
next; one burst wakes it once, and the processor stays with the network's code while it lasts.
"""

from __future__ import annotations

import asyncio


class Outbox:
    """One per process and event loop."""

    def __init__(self) -> None:
        self._waiting: list[tuple[asyncio.Transport, bytes]] = []

    def put(self, transport: asyncio.Transport, piece: bytes) -> None:
        """Send a piece soon, unless its connection is closed before."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._send)
        self._waiting.append((transport, piece))

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        for transport, piece in waiting:
            if not transport.is_closing():
                transport.write(piece)
