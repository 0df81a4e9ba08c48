"""What one turn of the loop sends leaves in one burst, and nothing of it on a connection that has closed meanwhile."""

from __future__ import annotations

import asyncio

from gateway.upstream.outbox import Outbox


class Pipe:
    """Notes in `written` what is sent through any pipe, in order."""

    def __init__(self, written: list[bytes]) -> None:
        self._written = written
        self.is_closed = False

    def is_closing(self) -> bool:
        return self.is_closed

    def write(self, piece: bytes) -> None:
        assert not self.is_closed
        self._written.append(piece)


async def test_pieces_leave_together_and_in_order():
    written: list[bytes] = []
    outbox, pipes = Outbox(), [Pipe(written) for _ in range(3)]
    for number, pipe in enumerate(pipes):
        outbox.put(pipe, b"%d" % number)
    assert written == []
    await asyncio.sleep(0)
    assert written == [b"0", b"1", b"2"]
    outbox.put(pipes[0], b"next")
    await asyncio.sleep(0)
    assert written[3:] == [b"next"]


async def test_what_is_for_a_closed_connection_stays_and_the_others_leave():
    written: list[bytes] = []
    outbox, closed, open_ = Outbox(), Pipe(written), Pipe(written)
    outbox.put(closed, b"lost")
    outbox.put(open_, b"sent")
    closed.is_closed = True
    await asyncio.sleep(0)
    assert written == [b"sent"]
