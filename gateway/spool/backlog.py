"""How much the spool holds that PostgreSQL does not have."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

_MARK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Lag:
    """events: finals not yet confirmed; bytes: of all segments; seconds: since the oldest of the finals was written."""

    events: int
    bytes: int
    seconds: float


class Backlog:
    """Counts of finals in and out, with a mark of the time each second."""

    def __init__(self) -> None:
        self._written = 0
        self._confirmed = 0
        self._marks: deque[tuple[int, float]] = deque()  # (finals written before, time)

    def add(self, count: int, now: float) -> None:
        """Count finals that have become durable."""
        if self.events <= 0:
            self._marks.clear()
        if not self._marks or now - self._marks[-1][1] >= _MARK_SECONDS:
            self._marks.append((self._written, now))
        self._written += count

    def confirm(self, count: int) -> None:
        """Count finals that PostgreSQL has."""
        self._confirmed += count
        marks = self._marks
        while marks and (marks[1][0] if len(marks) > 1 else self._written) <= self._confirmed:
            marks.popleft()

    @property
    def events(self) -> int:
        return self._written - self._confirmed

    def seconds(self, now: float) -> float:
        """Return the age of the oldest final that is not confirmed, to the second; 0 when there is none."""
        return now - self._marks[0][1] if self._marks and self.events > 0 else 0.0
