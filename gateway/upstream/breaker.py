"""A host that does not answer is left alone for a while, so that calls to it fail at once and hold nothing up.

Open after `FAILURES` in a row: no connection, no answer in time, or a connection that ended before the answer began.
What an upstream says, a status of 500 included, is an answer. After a time out one call tries; the others wait for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.upstream.errors import UpstreamOpen

FAILURES = 8
FIRST_SECONDS = 2.0
LONGEST_SECONDS = 60.0
_PROBE_SECONDS = 60.0
_SIZE = 10_000


@dataclass(slots=True)
class _State:
    in_a_row: int = 0
    out_seconds: float = 0.0
    out_until: float = 0.0
    probed_until: float = 0.0


class Breaker:
    """State of the hosts that have failed, by origin; the others cost one look-up in an empty table.

    states: of those that have failed lately; empty on most days, and then there is nothing to ask.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.states: dict[str, _State] = {}

    def check(self, origin: str, host: str) -> None:
        """Raise UpstreamOpen while the host is left alone. The first call after that is the probe."""
        state = self.states.get(origin)
        if state is None or not state.out_until:
            return
        now = self._clock()
        waits = max(state.out_until, state.probed_until) - now
        if waits > 0:
            raise UpstreamOpen(f"{host} has not answered the last calls and is left alone.", seconds=waits)
        state.probed_until = now + _PROBE_SECONDS

    def failed(self, origin: str) -> None:
        """Note that the host did not answer."""
        state = self.states.get(origin)
        if state is None:
            if len(self.states) >= _SIZE:
                self.states.pop(next(iter(self.states)))
            state = self.states[origin] = _State()
        now = self._clock()
        if now < state.out_until:
            return  # a call from before: the probe decides
        state.in_a_row += 1
        if state.out_until or state.in_a_row >= FAILURES:
            state.out_seconds = min(max(2 * state.out_seconds, FIRST_SECONDS), LONGEST_SECONDS)
            state.out_until, state.probed_until = now + state.out_seconds, 0.0

    def answered(self, origin: str) -> None:
        """Note an answer."""
        self.states.pop(origin, None)

    def told_nothing(self, origin: str) -> None:
        """Note that a call ended without a word about the host: another one may try."""
        state = self.states.get(origin)
        if state is not None:
            state.probed_until = 0.0
