"""A connection of a test that goes straight to the upstream: short, paid by nobody, and in no book."""

from __future__ import annotations

import asyncio
import time

from domain.usage import Outcome
from gateway.context import RequestContext
from gateway.deps import Deps
from gateway.live.course import Course

_TICK_SECONDS = 0.5
_LONGEST_SECONDS = 60.0
#: What the upstream may send.
_MOST_BYTES = 256 * 1024


class Trial(Course):
    """Counts what passes and ends what takes too long. Money and books are not asked."""

    def open(self) -> None:
        """Write nothing."""

    def may_pass(self, bytes_in: int = 0, bytes_out: int = 0, messages: int = 0) -> bool:
        """Return True: it costs nothing."""
        return True

    async def watch(self) -> None:
        """Look at the clock for ever. Raises Ended."""
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self._check_times(time.monotonic())

    async def settle(self, outcome: Outcome, flags: tuple[str, ...] = ()) -> None:
        """Write nothing."""

    def _ends(self) -> float:
        return min(super()._ends(), self._ctx.started + _LONGEST_SECONDS)

    def _most(self) -> int:
        return min(super()._most() or _MOST_BYTES, _MOST_BYTES)


def course_of(ctx: RequestContext, deps: Deps) -> Course:
    """Return what a connection is counted by."""
    return Trial(ctx, deps) if ctx.is_direct else Course(ctx, deps)
