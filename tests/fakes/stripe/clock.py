"""What time it is for the fake: the machine's time, until a test sets another."""

from __future__ import annotations

import time
from datetime import datetime, timedelta


class Clock:
    """The machine's clock, moved or stopped."""

    def __init__(self) -> None:
        self._stopped_at: float | None = None

    def now(self) -> int:
        """Return the seconds since 1970."""
        return int(time.time() if self._stopped_at is None else self._stopped_at)

    def stop_at(self, moment: datetime) -> None:
        """Stand still at this moment."""
        self._stopped_at = moment.timestamp()

    def advance(self, span: timedelta) -> None:
        """Stand still that much later."""
        self._stopped_at = self.now() + span.total_seconds()

    def run(self) -> None:
        """Go with the machine again."""
        self._stopped_at = None
