"""An answer as /m/ remembers it."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from gateway.context import Headers


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it is remembered. pieces: as they were sent, so that a stream is a stream again."""

    status: int
    headers: Headers
    pieces: list[bytes]
    stored_at: float

    def encode(self) -> bytes:
        """Return the text that is stored: a line of JSON, then the body."""
        head = {
            "status": self.status,
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in self.headers],
            "lengths": [len(piece) for piece in self.pieces],
            "stored_at": self.stored_at,
        }
        return b"\n".join((orjson.dumps(head), b"".join(self.pieces)))


def decode(stored: bytes) -> Kept | None:
    """Return what was stored, or None for what is not readable any more."""
    line, _, body = stored.partition(b"\n")
    try:
        head = orjson.loads(line)
        pieces, at = [], 0
        for length in head["lengths"]:
            pieces.append(body[at : at + length])
            at += length
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in head["headers"]]
        return Kept(head["status"], headers, pieces, head["stored_at"]) if at == len(body) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
