"""What of an answer is passed on at once, and what waits until its usage is on disk.

"The last byte" is what tells a client that its answer is whole: the end of the body, or the event that ends a stream.
It leaves only after the usage event is durable; so whoever has a whole answer has been charged for it, exactly once.
"""

from __future__ import annotations

#: Answers up to this size leave in one piece, after their usage is on disk.
WHOLE_BYTES = 1024 * 1024


class Pieces:
    """Keeps back the piece that would tell the client that it has everything. kept: that piece, or nothing."""

    __slots__ = ("_is_stream", "kept")

    def __init__(self, *, is_stream: bool) -> None:
        self._is_stream = is_stream
        self.kept = b""

    def take(self, shown: bytes) -> bytes:
        """Return what may leave now that `shown` has come."""
        if self._is_stream:
            # written out: every event of every stream comes by
            if not self.kept and not (
                b"data: [DONE]" in shown
                or b"data:[DONE]" in shown
                or b"message_stop" in shown
                or b"response.completed" in shown
            ):
                return shown
            self.kept += shown
            return b""
        before, self.kept = self.kept, shown or self.kept
        return before if shown else b""
