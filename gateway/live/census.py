"""How many connections are open in this process, and whose they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.errors import GatewayError
from gateway.live.settings import LiveLimits


class Census:
    """Counts connections that stay open."""

    def __init__(self) -> None:
        self._by_team: Counter[str] = Counter()
        self.total = 0

    @contextmanager
    def counted(self, team_id: str, limits: LiveLimits) -> Iterator[None]:
        """Count one more while it is open. Raises GatewayError 429, 503."""
        if self.total >= limits.connections:
            message = "The gateway has as many connections open as it can bear. Connect again in a few seconds."
            raise GatewayError(503, "too_busy", message, retry_after_seconds=5)
        if self._by_team[team_id] >= limits.connections_per_customer:
            message = f"Your account has {limits.connections_per_customer} connections open. Close some, then connect."
            raise GatewayError(429, "too_many_concurrent", message, retry_after_seconds=5)
        self.total += 1
        self._by_team[team_id] += 1
        try:
            yield
        finally:
            self.total -= 1
            self._by_team[team_id] -= 1
            if not self._by_team[team_id]:
                del self._by_team[team_id]
