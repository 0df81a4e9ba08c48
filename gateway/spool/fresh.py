"""Finals that have just become durable, kept in memory until they are shipped, so that nobody reads them back.

Bounded: when there are too many, all are let go, and the disk is read until it has nothing more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice, repeat
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
        #: Each with the position after it, which only the last of a batch has.
        self._finals: deque[tuple[Final, Position | None]] = deque()

    def add(self, finals: Sequence[Final], position: Position) -> None:
        """Take what a batch made durable. position: where it ended."""
        self.written_to = position
        if not self.is_whole or not finals:
            return
        self._finals.extend(zip(finals, repeat(None)))
        self._finals[-1] = (finals[-1], position)
        self._bytes += sum(map(len, map(_PAYLOAD, finals)))
        if self._bytes > self._kept_bytes:
            self._let_go()

    def first(self, limit: int, confirmed: Position) -> Batch | None:
        """Return at most `limit` of the oldest, or None when there are none here.

        A batch that was written together may be offered in parts: only the last part moves the position.
        """
        if not self._finals:
            return None
        taken = list(islice(self._finals, limit))
        ends = [position for _, position in taken if position is not None]
        return Batch([final for final, _ in taken], ends[-1] if ends else confirmed)

    def forget(self, batch: Batch) -> None:
        """Drop a batch that `first` returned, once it is confirmed; one that came from the disk is not here."""
        if not self._finals or self._finals[0][0] is not batch.finals[0]:
            return
        for _ in batch.finals:
            self._finals.popleft()
        self._bytes -= sum(map(len, map(_PAYLOAD, batch.finals)))

    def begin_after(self, position: Position) -> None:
        """Note how far the disk has been read: when that is all of it, memory takes over from there."""
        self.is_whole = position == self.written_to

    def _let_go(self) -> None:
        self._finals.clear()
        self._bytes = 0
        self.is_whole = False
