"""Usage first, and then what the log shows of it: in one go, so that a plain call costs its log nothing more."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from gateway.spool.reader import Final
from gateway.stores.base import Inbox, RequestLogStore

log = logging.getLogger(__name__)

#: How long the log may keep the next usage waiting, and how long it is left alone after it did.
_PATIENCE_SECONDS = 2.0
_FIRST_REST, _LONGEST_REST = 1.0, 60.0


class LoggedInbox:
    """The usage inbox, and after it the log. What the log does not take is dropped and counted; usage never is."""

    def __init__(self, inbox: Inbox, store: RequestLogStore) -> None:
        self._inbox, self._store = inbox, store
        self._rest = _FIRST_REST
        self._resting_until = 0.0
        self.dropped = 0

    async def insert(self, finals: Sequence[Final]) -> None:
        """Return when all are in the inbox. Raises what the inbox raises."""
        await self._inbox.insert(finals)
        if time.monotonic() < self._resting_until:
            self.dropped += len(finals)
            return
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._store.insert_attempts(finals)
            self._rest = _FIRST_REST
        except Exception as error:  # whatever the log has, it is not worth a charge
            self.dropped += len(finals)
            self._resting_until = time.monotonic() + self._rest
            self._rest = min(self._rest * 2, _LONGEST_REST)
            log.warning("request_log.attempts_dropped count=%d error=%s", self.dropped, type(error).__name__)
