"""Which services fail right now, as one process sees it: outlier detection with a half-open probe, and their latency.

A service is taken out after `FAILURES_IN_A_ROW`, or when at least half of its last calls failed. When its time out is
over, one call is let through: it puts the service back, or out for twice as long. What one process has found out it
tells by `on_news`, and the others take it by `heard`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

FAILURES_IN_A_ROW = 5
_WINDOW = 20
_WINDOW_LEAST = 10
_FIRST_OUT_SECONDS = 5.0
_LONGEST_OUT_SECONDS = 300.0
_PROBE_SECONDS = 60.0
_WEIGHT_OF_LAST = 0.2
_LATENCY_GOOD_SECONDS = 300.0
_SIZE = 10_000


@dataclass(slots=True)
class _State:
    in_a_row: int = 0
    recent: deque[bool] = field(default_factory=lambda: deque(maxlen=_WINDOW))
    out_until: float = 0.0
    out_seconds: float = 0.0
    probed_until: float = 0.0
    latency_ms: float | None = None
    measured_at: float = 0.0

    def take_out(self, seconds: float, now: float) -> None:
        self.out_seconds, self.out_until, self.probed_until = seconds, now + seconds, 0.0
        self.recent.clear()

    def put_back(self) -> None:
        self.in_a_row, self.out_until, self.out_seconds, self.probed_until = 0, 0.0, 0.0, 0.0


class Health:
    """State by service id. Times are monotonic seconds, given by the caller.

    on_news: told of a service, and for how many seconds it is out from now on; 0 when it is back.
    """

    def __init__(self) -> None:
        self._states: dict[str, _State] = {}
        self.on_news: Callable[[str, float], None] | None = None

    def is_out(self, service_id: str, now: float) -> bool:
        """Return whether the service takes no calls now."""
        state = self._states.get(service_id)
        return state is not None and bool(state.out_until) and (now < state.out_until or now < state.probed_until)

    def begin(self, service_id: str, now: float) -> None:
        """Note that a call is made: the first one after a time out is the probe, and keeps others away meanwhile."""
        state = self._states.get(service_id)
        if state is not None and state.out_until and now >= state.out_until:
            state.probed_until = now + _PROBE_SECONDS

    def succeeded(self, service_id: str, now: float, latency_ms: float | None) -> None:
        """Note a good answer. latency_ms: until its first byte."""
        state = self._state(service_id)
        if now < state.out_until:
            return  # a call from before the time out: the probe decides
        if state.out_until and self.on_news is not None:
            self.on_news(service_id, 0.0)
        state.put_back()
        state.recent.append(True)
        if latency_ms is not None:
            stale = state.latency_ms is None or now - state.measured_at > _LATENCY_GOOD_SECONDS
            before = latency_ms if stale or state.latency_ms is None else state.latency_ms
            state.latency_ms = before + _WEIGHT_OF_LAST * (latency_ms - before)
            state.measured_at = now

    def failed(self, service_id: str, now: float) -> None:
        """Note a failure that is the service's own: no answer, or a status of 500 and above."""
        state = self._state(service_id)
        if now < state.out_until:
            return  # it is out already; what began before must not lengthen that
        state.in_a_row += 1
        state.recent.append(False)
        often = len(state.recent) >= _WINDOW_LEAST and 2 * state.recent.count(False) >= len(state.recent)
        if state.out_until or state.in_a_row >= FAILURES_IN_A_ROW or often:
            state.take_out(min(max(2 * state.out_seconds, _FIRST_OUT_SECONDS), _LONGEST_OUT_SECONDS), now)
            if self.on_news is not None:
                self.on_news(service_id, state.out_seconds)

    def heard(self, service_id: str, seconds: float, now: float) -> None:
        """Take over what another process has found out. seconds: as it was told there."""
        state = self._state(service_id)
        if seconds <= 0:
            state.put_back()
        elif now + seconds > state.out_until:
            state.take_out(min(seconds, _LONGEST_OUT_SECONDS), now)

    def abandoned(self, service_id: str) -> None:
        """Note that a call told nothing about the service: a probe may be made again."""
        state = self._states.get(service_id)
        if state is not None:
            state.probed_until = 0.0

    def _state(self, service_id: str) -> _State:
        state = self._states.get(service_id)
        if state is None:
            if len(self._states) >= _SIZE:
                self._states.pop(next(iter(self._states)))
            state = self._states[service_id] = _State()
        return state

    def latencies(self, now: float) -> Mapping[str, float]:
        """Return {service id: smoothed milliseconds} of what was measured in the last minutes."""
        return _Latencies(self._states, now)


class _Latencies(Mapping[str, float]):
    """A view, so that asking for a few costs nothing for the others."""

    def __init__(self, states: Mapping[str, _State], now: float) -> None:
        self._states, self._now = states, now

    def __getitem__(self, service_id: str) -> float:
        state = self._states[service_id]
        if state.latency_ms is None or self._now - state.measured_at > _LATENCY_GOOD_SECONDS:
            raise KeyError(service_id)
        return state.latency_ms

    def __iter__(self) -> Iterator[str]:
        return (service_id for service_id in self._states if self.get(service_id) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)
