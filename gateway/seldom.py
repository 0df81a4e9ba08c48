"""Telling the log of what meets every call at once, when the books are away: a line a second, not one for each call."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable


class Seldom:
    """One line for the first, and then at most one in so many seconds, with the number of all so far."""

    def __init__(self, seconds: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._silent_until = 0.0
        self._count = 0

    def tell(self, log: logging.Logger, level: int, message: str, *arguments: object) -> None:
        """Tell, or count."""
        self._count += 1
        now = self._clock()
        if now < self._silent_until:
            return
        log.log(level, f"{message} count=%d", *arguments, self._count)
        self._silent_until = now + self._seconds
