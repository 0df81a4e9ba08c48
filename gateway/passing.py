"""What of an answer is passed on at once, and what waits until its usage is on disk.

"The last byte" is what tells a client that its answer is whole: the end of the body, or the event that ends a stream.
It leaves only after the usage event is durable; so whoever has a whole answer has been charged for it, exactly once.
"""

from __future__ import annotations

import re

#: Answers up to this size leave in one piece, after their usage is on disk.
WHOLE_BYTES = 1024 * 1024
#: How an event of a stream may end.
_ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")
_LONGEST_END = 4
#: The event that ends a stream. What only tells of one stands inside a line, or has its quotes escaped.
_LAST = re.compile(
    rb"(?:\A|[\r\n])(?:data: ?\[DONE\]|event: ?(?:message_stop|response\.completed)\s)"
    rb'|"type": ?"(?:message_stop|response\.completed)"'
)


class Pieces:
    """Keeps back the piece that would tell the client that it has everything. kept: that piece, or nothing."""

    __slots__ = ("_is_stream", "_left", "kept")

    def __init__(self, *, is_stream: bool) -> None:
        self._is_stream = is_stream
        self._left = b""  # of a stream: the piece that left last
        self.kept = b""

    @property
    def is_between_events(self) -> bool:
        """Whether this is a stream of which no half of an event has left."""
        return self._is_stream and (not self._left or self._left.endswith(_ENDS))

    def take(self, shown: bytes) -> bytes:
        """Return what may leave now that `shown` has come."""
        if self._is_stream:
            # written out: every event of every stream comes by
            if not self.kept and not (
                (
                    b"data: [DONE]" in shown
                    or b"data:[DONE]" in shown
                    or b"message_stop" in shown
                    or b"response.completed" in shown
                )
                and _LAST.search(shown)
            ):
                if shown:
                    self._left = shown if len(shown) >= _LONGEST_END else self._left[-_LONGEST_END:] + shown
                return shown
            self.kept += shown
            return b""
        before, self.kept = self.kept, shown or self.kept
        return before if shown else b""
