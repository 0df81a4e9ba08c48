"""Work that nobody waits for: so much at a time, so much in the queue, and the rest is dropped and counted."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)
Work = Callable[[], Awaitable[None]]


class Background:
    """workers: how many run at the same time; queue, queue_bytes: how many may wait, and how large all of them."""

    def __init__(self, *, workers: int = 64, queue: int = 1000, queue_bytes: int = 64 * 1024 * 1024) -> None:
        self._workers, self._limit, self._limit_bytes = workers, queue, queue_bytes
        self._waiting: deque[tuple[Work, int]] = deque()
        self._waiting_bytes = 0
        self._running: set[asyncio.Task[None]] = set()
        self.dropped = 0

    def offer(self, work: Work, size: int = 0) -> bool:
        """Take work that holds `size` bytes, unless there is too much already. Returns at once."""
        if len(self._running) < self._workers:
            self._start(work)
            return True
        if len(self._waiting) >= self._limit or self._waiting_bytes + size > self._limit_bytes:
            self.dropped += 1
            return False
        self._waiting.append((work, size))
        self._waiting_bytes += size
        return True

    async def close(self, seconds: float) -> None:
        """Let what runs come to an end for so long, then end it. What waits is dropped."""
        self.dropped += len(self._waiting)
        self._waiting.clear()
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _start(self, work: Work) -> None:
        task = asyncio.create_task(_run(work))
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background.failed", exc_info=error)
        if self._waiting and len(self._running) < self._workers:
            work, size = self._waiting.popleft()
            self._waiting_bytes -= size
            self._start(work)


async def _run(work: Work) -> None:
    await work()
