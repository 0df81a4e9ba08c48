"""Limits kept over all processes: asked before a call, told the truth after it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.limits import amounts
from domain.limits.rules import Rule
from domain.limits.windows import average_ms, window_at
from gateway.stores.counters import Counters, CountersUnavailable, Demand, MemoryCounters, Verdict, clock_ms, wait_ms

log = logging.getLogger(__name__)

#: Without the store each process counts by itself for so long; then calls that have limits are refused.
OPEN_SECONDS = 300.0
#: How long a store that did not answer is left alone.
_REST_SECONDS = 1.0
_RENEW_SECONDS = 15.0
_THROTTLED_LIMIT = 1

Headers = list[tuple[bytes, bytes]]
Usage = Mapping[str, int | Decimal]


class LimitsUnknown(Exception):
    """Nobody has been able to count over all processes for too long."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A rule and what a call takes of it."""

    rule: Rule
    demand: Demand


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a call was granted. at: the store that granted it; token: names the call there."""

    counted: tuple[Counted, ...]
    token: str
    at: Counters


@dataclass(frozen=True, slots=True)
class Answer:
    """allowance: None when the call is refused by `refused`. retry_ms: when it may be granted."""

    allowance: Allowance | None
    headers: Headers
    refused: Rule | None = None
    retry_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose call of what it is."""

    team_id: str
    service_id: str
    channel: str
    seller_id: str
    provider: str
    time_zone: str


class LimitBook:
    """Asks the store; without it, counts in this process for a while."""

    def __init__(
        self,
        counters: Counters,
        *,
        now_ms: Callable[[], int] = clock_ms,
        clock: Callable[[], float] = time.monotonic,
        open_seconds: float = OPEN_SECONDS,
    ) -> None:
        self._counters, self._now_ms, self._clock, self._open_seconds = counters, now_ms, clock, open_seconds
        self._alone = MemoryCounters()
        self._away_since: float | None = None
        self._asked_at = 0.0
        self._held: dict[str, Allowance] = {}

    async def ask(self, rules: Sequence[Rule], caller: Caller, taken: Callable[[Rule], int], token: str) -> Answer:
        """Take what a call needs of every rule, or nothing. taken: how much. Raises LimitsUnknown."""
        now_ms = self._now_ms()
        counted = [Counted(rule, _demand(rule, caller, taken(rule), now_ms)) for rule in rules]
        verdict, store = await self._take(counted, token, now_ms)
        if verdict.refused is not None and counted[verdict.refused].rule.overage == "throttle":
            counted = _throttled(counted, caller, now_ms)
            verdict, store = await self._take(counted, token, now_ms)
        headers = _headers(counted, verdict, now_ms)
        if verdict.refused is not None:
            which = counted[verdict.refused]
            retry_ms = wait_ms(which.demand, verdict.left[verdict.refused], now_ms)
            return Answer(None, headers, which.rule, retry_ms)
        allowance = Allowance(tuple(counted), token, store)
        if any(each.demand.kind == "slots" for each in counted):
            self._held[token] = allowance
        return Answer(allowance, headers)

    async def settle(self, allowance: Allowance, usage: Usage) -> None:
        """Let the counters hold what the call has used."""
        changes = [
            (each.demand, amounts.used(each.rule.unit, usage) - each.demand.amount) for each in allowance.counted
        ]
        await self._settle(allowance, [(demand, by) for demand, by in changes if by or demand.kind == "slots"])

    async def undo(self, allowance: Allowance) -> None:
        """Take back what a call was granted that was not made."""
        await self._settle(allowance, [(each.demand, -each.demand.amount) for each in allowance.counted])

    async def keep(self) -> None:
        """Give a sign of life for the slots of calls under way, for ever."""
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            await self.renew()

    async def renew(self) -> None:
        """Give one sign of life."""
        held = [
            (each.demand, allowance.token, allowance.at)
            for allowance in self._held.values()
            for each in allowance.counted
            if each.demand.kind == "slots"
        ]
        for store in (self._counters, self._alone):
            slots = [(demand, token) for demand, token, at in held if at is store]
            with contextlib.suppress(CountersUnavailable):
                await store.renew(slots, now_ms=self._now_ms())

    async def _settle(self, allowance: Allowance, changes: list[tuple[Demand, int]]) -> None:
        self._held.pop(allowance.token, None)
        if changes:
            # a store that is away forgets slots by itself, and a window has counted the estimate
            with contextlib.suppress(CountersUnavailable):
                await allowance.at.settle(changes, token=allowance.token)

    async def _take(self, counted: Sequence[Counted], token: str, now_ms: int) -> tuple[Verdict, Counters]:
        demands = [each.demand for each in counted]
        if self._away_since is None or self._clock() - self._asked_at >= _REST_SECONDS:
            self._asked_at = self._clock()
            try:
                verdict = await self._counters.take(demands, token=token, now_ms=now_ms)
                self._away_since = None
                return verdict, self._counters
            except CountersUnavailable as error:
                if self._away_since is None:
                    self._away_since = self._clock()
                log.warning("limits.store_away reason=%s", error)
        if self._away_since is not None and self._clock() - self._away_since > self._open_seconds:
            raise LimitsUnknown
        return await self._alone.take(demands, token=token, now_ms=now_ms), self._alone


def _demand(rule: Rule, caller: Caller, amount: int, now_ms: int) -> Demand:
    """Return the counter of a rule for a caller, and how much is wanted of it: never more than it ever grants."""
    tag, about = _whose(rule, caller)
    amount = min(amount, rule.capacity)
    what = f"{about}:{rule.name}:{rule.unit}:{rule.window}"
    if rule.window == "":
        return Demand(tag, f"{what}:slots", "slots", rule.limit, 1)
    if rule.burst is not None:
        return Demand(tag, f"{what}:pace", "pace", rule.burst, amount, average_ms(rule.window) / rule.limit)
    start, end = window_at(rule.window, now_ms, caller.time_zone if rule.scope == "customer" else "UTC")
    only = rule.overage == "charge"
    return Demand(tag, f"{what}:{start}", "window", rule.limit, amount, float(end), is_counted_only=only)


def _whose(rule: Rule, caller: Caller) -> tuple[str, str]:
    match rule.scope:
        case "customer":
            return caller.team_id, f"{caller.service_id}:{caller.channel}"
        case "account":
            return caller.seller_id, f"account:{caller.provider}"
    return caller.service_id, caller.channel


def _throttled(counted: Sequence[Counted], caller: Caller, now_ms: int) -> list[Counted]:
    """Let quotas that throttle only count, and one call a second through."""
    slow = Rule("customer", "requests", "second", _THROTTLED_LIMIT, name="throttled")
    kept = [
        Counted(each.rule, _counted_only(each.demand)) if each.rule.overage == "throttle" else each for each in counted
    ]
    return [*kept, Counted(slow, _demand(slow, caller, 1, now_ms))]


def _counted_only(demand: Demand) -> Demand:
    return Demand(demand.tag, demand.key, demand.kind, demand.limit, demand.amount, demand.span_ms, True)


def _headers(counted: Sequence[Counted], verdict: Verdict, now_ms: int) -> Headers:
    """Return the tightest limit as `ratelimit-*`, and the tightest of each unit as OpenAI's clients read it."""
    shown: dict[str, tuple[float, Counted, int]] = {}
    for each, left in zip(counted, verdict.left, strict=True):
        share = left / each.demand.limit
        if each.rule.unit not in shown or share < shown[each.rule.unit][0]:
            shown[each.rule.unit] = (share, each, max(left, 0))
    _, tightest, left = min(shown.values(), key=lambda entry: entry[0])
    headers = [
        (b"ratelimit-limit", str(tightest.demand.limit).encode()),
        (b"ratelimit-remaining", str(left).encode()),
        (b"ratelimit-reset", str(_reset_seconds(tightest.demand, left, now_ms)).encode()),
    ]
    for unit, (_, each, remaining) in shown.items():
        name = unit.replace("_", "-").encode()
        headers += [
            (b"x-ratelimit-limit-" + name, str(each.demand.limit).encode()),
            (b"x-ratelimit-remaining-" + name, str(remaining).encode()),
            (b"x-ratelimit-reset-" + name, f"{_reset_seconds(each.demand, remaining, now_ms)}s".encode()),
        ]
    return headers


def _reset_seconds(demand: Demand, left: int, now_ms: int) -> int:
    """Return in how many seconds all of it is there again; 0 for slots, which come back one by one."""
    match demand.kind:
        case "window":
            milliseconds = demand.span_ms - now_ms
        case "pace":
            milliseconds = (demand.limit - left) * demand.span_ms
        case _:
            return 0
    return max(-int(-milliseconds // 1000), 0)
