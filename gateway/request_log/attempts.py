"""Usage first, and then what the log shows of it: in one go, so that a plain call costs its log nothing more."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from gateway.spool.reader import Final
from gateway.spool.shipper import InboxRefused
from gateway.stores.base import Inbox, RequestLogStore

log = logging.getLogger(__name__)

#: How long the log may keep the next usage waiting. After that it follows behind, with pauses that grow while it fails.
_PATIENCE_SECONDS = 2.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
#: Events that may wait for the log, and how many of them it gets at once.
_WAITING, _AT_ONCE = 10_000, 500


class LoggedInbox:
    """The usage inbox, and after it the log. Usage never waits for a log that is slow or away.

    dropped: events that the log never got, since the start: too many waited for it, or it cannot read them.
    """

    def __init__(self, inbox: Inbox, store: RequestLogStore) -> None:
        self._inbox, self._store = inbox, store
        self._waiting: list[Final] = []
        self._following: asyncio.Task[None] | None = None
        self.dropped = 0

    async def insert(self, finals: Sequence[Final]) -> None:
        """Return when all are in the inbox. Raises what the inbox raises."""
        if await self._insert(finals):
            return
        if self._following is None:
            self._following = asyncio.create_task(self._follow())
        room = _WAITING - len(self._waiting)
        self._waiting.extend(finals[:room])
        if len(finals) > room:
            self._drop(len(finals) - room, "busy")

    async def close(self, seconds: float) -> None:
        """Give the log what waits for it, if that can be done within the time."""
        if self._following is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._following, seconds)

    async def _insert(self, finals: Sequence[Final]) -> bool:
        """Return whether the log has them too."""
        if self._following is None:
            with contextlib.suppress(TimeoutError):  # then without the log; what came all the same came twice
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    return await self._inbox.insert(finals, log=True)
        return await self._inbox.insert(finals, log=False)

    async def _follow(self) -> None:
        """Give the log what waits for it, until nothing does."""
        pause, at_once = _FIRST_PAUSE, _AT_ONCE
        while self._waiting:
            some = self._waiting[:at_once]
            try:
                await self._store.insert_attempts(some)
            except InboxRefused:  # find the one by halves
                if len(some) == 1:
                    self._forget(some)
                    self._drop(1, "unreadable")
                at_once = max(len(some) // 2, 1)
            except Exception as error:  # whatever the log has, it is not worth a charge
                log.warning("request_log.behind error=%s waiting=%d", type(error).__name__, len(self._waiting))
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                self._forget(some)
                pause, at_once = _FIRST_PAUSE, min(at_once * 2, _AT_ONCE)
        self._following = None

    def _forget(self, some: list[Final]) -> None:
        del self._waiting[: len(some)]

    def _drop(self, count: int, why: str) -> None:
        self.dropped += count
        log.warning("request_log.attempts_dropped count=%d why=%s", self.dropped, why)
