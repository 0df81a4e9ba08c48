"""The log as it grows: rows that fit a filter, told as they are written, until the reader goes or may read no more."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import DatabaseError

from common.errors import DomainError
from gateway_admin.request_logs.models import RequestLog

logger = logging.getLogger(__name__)

#: Tails that one process keeps at the same time.
MOST_TAILS = 100
_LOOK_SECONDS, _HEARTBEAT_SECONDS, _CHECK_SECONDS = 1.0, 15.0, 10.0
#: After that a reader asks again; a browser does so by itself.
_LONGEST_SECONDS = 900.0
_REMEMBERED = 2000
_open = 0


class TooManyTails(DomainError):
    """This process has no room for another one."""

    code = "too_many_tails"
    sentence = "Too many people watch their logs just now. Try again in a minute, or reload the page for what is new."


@dataclass(slots=True)
class Tail:
    """look: the newest rows that fit, newest first. may_go_on: whether the reader may still read. written: as texts.

    What is there when the tail begins is not told: the reader has just read it.
    """

    look: Callable[[], Sequence[RequestLog]]
    may_go_on: Callable[[], bool]
    written: Callable[[Sequence[RequestLog]], Sequence[str]]
    pause: Callable[[float], object] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    _told: dict[UUID, None] = field(default_factory=dict)

    async def events(self) -> AsyncIterator[str]:
        """Yield server-sent events."""
        global _open
        _open += 1
        try:
            async for event in self._events():
                yield event
        finally:
            _open -= 1

    def once(self, last_id: str) -> str:
        """Return what came after a row, and leave. last_id: as the reader repeats it, "" for a first look."""
        rows = [row for row in reversed(self.look()) if last_id and str(row.pk) > last_id]
        texts = self.written(rows) if rows else ()
        told = "".join(_event(row, text) for row, text in zip(rows, texts, strict=True))
        return f"retry: 3000\n: connected\n\n{told}"

    async def _events(self) -> AsyncIterator[str]:
        began = checked = heard = self.clock()
        self._remember(await self._rows())
        yield "retry: 3000\n: connected\n\n"
        while self.clock() - began < _LONGEST_SECONDS:
            await self.pause(_LOOK_SECONDS)  # type: ignore[misc]
            now = self.clock()
            if now - checked >= _CHECK_SECONDS:
                checked = now
                if not await sync_to_async(self.may_go_on)():
                    yield "event: end\ndata: ended\n\n"
                    return
            fresh = [row for row in reversed(await self._rows()) if row.pk not in self._told]
            self._remember(fresh)
            if fresh:
                heard = now
                texts = await sync_to_async(self.written)(fresh)
                for row, text in zip(fresh, texts, strict=True):
                    yield _event(row, text)
            elif now - heard >= _HEARTBEAT_SECONDS:
                heard = now
                yield ": still here\n\n"

    async def _rows(self) -> Sequence[RequestLog]:
        try:
            return await sync_to_async(self.look)()
        except DatabaseError:
            logger.warning("request_log.tail_waits", exc_info=True)
            return ()

    def _remember(self, rows: Sequence[RequestLog]) -> None:
        for row in rows:
            self._told[row.pk] = None
        while len(self._told) > _REMEMBERED:
            self._told.pop(next(iter(self._told)))


def check_room() -> None:
    """Raise TooManyTails when there is no room for another tail."""
    if _open >= MOST_TAILS:
        raise TooManyTails


def _event(row: RequestLog, text: str) -> str:
    data = "\n".join(f"data: {line}" for line in text.splitlines())
    return f"id: {row.pk}\nevent: row\n{data}\n\n"
