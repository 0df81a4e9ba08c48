"""What a spool refuses. `code` is for machines, the message says what to do."""

from __future__ import annotations

from typing import ClassVar


class SpoolError(Exception):
    """The spool did not take a record."""

    code: ClassVar[str] = "spool_error"

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class SpoolLocked(SpoolError):
    """Another process uses the directory."""

    code = "spool_locked"


class SpoolFull(SpoolError):
    """No room, or too much that PostgreSQL does not have yet: nothing new is begun until it has."""

    code = "spool_full"


class SpoolBroken(SpoolError):
    """The disk failed. What it holds is unknown, so nothing is taken until the process has been started again."""

    code = "spool_broken"


class PayloadTooLarge(SpoolError):
    """A record is larger than a record may be: an error of the caller."""

    code = "payload_too_large"
