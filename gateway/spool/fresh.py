"""Finals that have just become durable, kept in memory until they are shipped, so that nobody reads them back.

Bounded: when there are too many, all are let go, and the disk is read until it has nothing more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from operator import itemgetter

from gateway.spool.reader import Batch, Final
from gateway.spool.segments import Position

_KEPT_BYTES = 16 * 1024 * 1024
_PAYLOAD = itemgetter(1)


class FreshFinals:
    """While `is_whole`, all that follows the confirmed position is here. written_to: where the last batch ended."""

    def __init__(self, kept_bytes: int = _KEPT_BYTES) -> None:
        self.is_whole = False
        self.written_to = Position(0, 0)
        self._kept_bytes = kept_bytes
        self._bytes = 0
        self._written: deque[tuple[Sequence[Final], Position, int]] = deque()  # together, where they end, their bytes

    def add(self, finals: Sequence[Final], position: Position) -> None:
        """Take what a batch made durable. position: where it ended."""
        self.written_to = position
        if not self.is_whole or not finals:
            return
        size = sum(map(len, map(_PAYLOAD, finals)))
        self._written.append((finals, position, size))
        self._bytes += size
        if self._bytes > self._kept_bytes:
            self._let_go()

    def first(self, limit: int) -> Batch | None:
        """Return the oldest, or None when there are none here: `limit`, and the rest of those written with the last."""
        taken: list[Final] = []
        end: Position | None = None
        for finals, position, _ in self._written:
            taken += finals
            end = position
            if len(taken) >= limit:
                break
        return None if end is None else Batch(taken, end)

    def forget(self, batch: Batch) -> None:
        """Drop a batch that `first` returned, once it is confirmed; one that came from the disk is not here."""
        if not self._written or self._written[0][0][0] is not batch.finals[0]:
            return
        end = None
        while end != batch.position:
            _, end, size = self._written.popleft()
            self._bytes -= size

    def begin_after(self, position: Position) -> None:
        """Note how far the disk has been read: when that is all of it, memory takes over from there."""
        self.is_whole = position == self.written_to

    def _let_go(self) -> None:
        self._written.clear()
        self._bytes = 0
        self.is_whole = False
