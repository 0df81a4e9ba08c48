"""What limits are counted with: the port, in memory and on Redis.

A demand names one counter and how much is wanted of it. All demands of a call are granted, or none.

  window   a number that starts anew when its window ends; the key says which window it is
  pace     comes back evenly; the counter holds when it will be whole again
  slots    what is open now; each slot is a lease that ends by itself when its holder is not heard of
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import redis.asyncio
from redis.exceptions import RedisError

Kind = Literal["window", "pace", "slots"]

#: How long a slot is held without a sign of its holder.
SLOT_MS = 60_000
_TIMEOUT_SECONDS = 0.25
_CONNECTIONS = 64
#: How long a call waits for one of them.
_WAIT_SECONDS = 5.0
#: A window's counter stays a little longer, for calls that end after it.
_GRACE_MS = 60_000


class CountersUnavailable(Exception):
    """The store cannot be reached now."""


@dataclass(frozen=True, slots=True)
class Demand:
    """tag: what is kept together in a cluster; key: within it. is_counted_only: never a reason to refuse.

    span_ms: of a window when it ends, of a pace how long one unit takes to come back."""

    tag: str
    key: str
    kind: Kind
    limit: int
    amount: int
    span_ms: float = 0.0
    is_counted_only: bool = False

    @property
    def name(self) -> str:
        """Return the key in the store."""
        return f"limit:{{{self.tag}}}:{self.key}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """left: of each demand's limit, after the call when it was granted. refused: the first that was not."""

    left: tuple[int, ...]
    refused: int | None = None


class Counters(Protocol):
    """All raise CountersUnavailable. now_ms: since 1970, by the caller's clock. token: names the call."""

    async def take(self, demands: Sequence[Demand], *, token: str, now_ms: int) -> Verdict: ...

    async def settle(self, changes: Sequence[tuple[Demand, int]], *, token: str) -> None:
        """Add to counters what calls used beside what they took; slots are let go."""
        ...

    async def renew(self, held: Sequence[tuple[Demand, str]], *, now_ms: int) -> None:
        """Give a sign of life for slots, each with the token that took it."""
        ...

    async def close(self) -> None: ...


class MemoryCounters:
    """In this process alone. size: of counters; the oldest are forgotten."""

    def __init__(self, *, size: int = 200_000) -> None:
        self._size = size
        self._numbers: dict[str, float] = {}
        self._slots: dict[str, dict[str, int]] = {}

    async def take(self, demands: Sequence[Demand], *, token: str, now_ms: int) -> Verdict:
        used = [self._used(demand, now_ms) for demand in demands]
        left = [int(demand.limit - taken) for demand, taken in zip(demands, used, strict=True)]
        for index, demand in enumerate(demands):
            if not demand.is_counted_only and used[index] + demand.amount > demand.limit:
                return Verdict(tuple(left), index)
        for demand, taken in zip(demands, used, strict=True):
            self._put(demand, taken, token, now_ms)
        return Verdict(tuple(each - demand.amount for each, demand in zip(left, demands, strict=True)))

    async def settle(self, changes: Sequence[tuple[Demand, int]], *, token: str) -> None:
        for demand, change in changes:
            if demand.kind == "slots":
                slots = self._slots.get(demand.name, {})
                slots.pop(token, None)
                if not slots:
                    self._slots.pop(demand.name, None)
            elif demand.name in self._numbers:
                self._numbers[demand.name] += change * (demand.span_ms if demand.kind == "pace" else 1)

    async def renew(self, held: Sequence[tuple[Demand, str]], *, now_ms: int) -> None:
        for demand, token in held:
            if token in self._slots.get(demand.name, ()):
                self._slots[demand.name][token] = now_ms + SLOT_MS

    async def close(self) -> None:
        return None

    def _used(self, demand: Demand, now_ms: int) -> float:
        if demand.kind == "slots":
            slots = self._slots.get(demand.name, {})
            for token in [token for token, until in slots.items() if until <= now_ms]:
                del slots[token]
            return len(slots)
        number = self._numbers.get(demand.name, 0.0)
        return max(number - now_ms, 0.0) / demand.span_ms if demand.kind == "pace" else number

    def _put(self, demand: Demand, used: float, token: str, now_ms: int) -> None:
        if demand.kind == "slots":
            self._slots.setdefault(demand.name, {})[token] = now_ms + SLOT_MS
            return
        total = used + demand.amount
        self._numbers.pop(demand.name, None)
        self._numbers[demand.name] = now_ms + total * demand.span_ms if demand.kind == "pace" else total
        if len(self._numbers) > self._size:
            self._numbers.pop(next(iter(self._numbers)))


#: ARGV: now, token, then for each key: kind, limit, amount, span, whether it is only counted. Gives the number of the
#: first demand that is refused, or 0, then what each has left.
_TAKE = """
local now, token, refused = tonumber(ARGV[1]), ARGV[2], 0
local used, answer = {}, {0}
for i, key in ipairs(KEYS) do
  local at = 5 * i - 2
  local kind, limit, amount, span = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  if kind == 'slots' then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    used[i] = redis.call('ZCARD', key)
  elseif kind == 'pace' then
    used[i] = math.max(tonumber(redis.call('GET', key) or '0') - now, 0) / span
  else
    used[i] = tonumber(redis.call('GET', key) or '0')
  end
  if refused == 0 and ARGV[at + 4] == '0' and used[i] + amount > limit then refused = i end
  answer[i + 1] = math.floor(limit - used[i])
end
answer[1] = refused
if refused > 0 then return answer end
for i, key in ipairs(KEYS) do
  local at = 5 * i - 2
  local kind, amount, span = ARGV[at], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  answer[i + 1] = answer[i + 1] - amount
  if kind == 'slots' then
    redis.call('ZADD', key, now + SLOT, token)
    redis.call('PEXPIRE', key, SLOT)
  elseif kind == 'pace' then
    local whole = (used[i] + amount) * span
    redis.call('SET', key, string.format('%.3f', now + whole), 'PX', math.ceil(whole) + GRACE)
  else
    redis.call('INCRBY', key, amount)
    redis.call('PEXPIRE', key, math.ceil(math.max(span - now, 0)) + GRACE)
  end
end
return answer
""".replace("SLOT", str(SLOT_MS)).replace("GRACE", str(_GRACE_MS))

#: ARGV: token, then for each key: kind, change, span.
_SETTLE = """
for i, key in ipairs(KEYS) do
  local kind, change, span = ARGV[3 * i - 1], tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
  if kind == 'slots' then
    redis.call('ZREM', key, ARGV[1])
  elseif redis.call('EXISTS', key) == 1 then
    if kind == 'pace' then
      local whole = tonumber(redis.call('GET', key)) + change * span
      redis.call('SET', key, string.format('%.3f', whole), 'KEEPTTL')
      if change > 0 then redis.call('PEXPIRE', key, redis.call('PTTL', key) + math.ceil(change * span)) end
    else
      redis.call('INCRBY', key, change)
    end
  end
end
return 1
"""


class RedisCounters:
    """In Redis, for all processes: exact, because one script decides and counts."""

    def __init__(self, address: str, *, timeout_seconds: float = _TIMEOUT_SECONDS) -> None:
        # a pool that refused instead of letting wait would look like a store that is away, just when limits matter
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            address,
            socket_timeout=timeout_seconds,
            socket_connect_timeout=timeout_seconds,
            max_connections=_CONNECTIONS,
            timeout=_WAIT_SECONDS,
        )
        self._redis: Any = redis.asyncio.Redis.from_pool(pool)
        self._take = self._redis.register_script(_TAKE)
        self._settle = self._redis.register_script(_SETTLE)

    async def take(self, demands: Sequence[Demand], *, token: str, now_ms: int) -> Verdict:
        """A script each for what is kept together; what was granted is given back when a later one refuses."""
        groups: dict[str, list[int]] = defaultdict(list)
        for index, demand in enumerate(demands):
            groups[demand.tag].append(index)
        left, granted = [0] * len(demands), list[int]()
        for indexes in groups.values():
            refused, *rest = await self._ask_take([demands[index] for index in indexes], token, now_ms)
            for index, number in zip(indexes, rest, strict=True):
                left[index] = int(number)
            if refused:
                await self.settle([(demands[index], -demands[index].amount) for index in granted], token=token)
                return Verdict(tuple(left), indexes[refused - 1])
            granted += indexes
        return Verdict(tuple(left))

    async def _ask_take(self, demands: Sequence[Demand], token: str, now_ms: int) -> list[int]:
        values: list[str | int | float] = [now_ms, token]
        for each in demands:
            values += [each.kind, each.limit, each.amount, each.span_ms, int(each.is_counted_only)]
        found: list[int] = await self._ask(self._take(keys=[each.name for each in demands], args=values))
        return found

    async def settle(self, changes: Sequence[tuple[Demand, int]], *, token: str) -> None:
        groups: dict[str, list[tuple[Demand, int]]] = defaultdict(list)
        for demand, change in changes:
            groups[demand.tag].append((demand, change))
        for group in groups.values():
            values: list[str | int | float] = [token]
            for demand, change in group:
                values += [demand.kind, change, demand.span_ms]
            await self._ask(self._settle(keys=[demand.name for demand, _ in group], args=values))

    async def renew(self, held: Sequence[tuple[Demand, str]], *, now_ms: int) -> None:
        for demand, token in held:
            await self._ask(self._redis.zadd(demand.name, {token: now_ms + SLOT_MS}, xx=True))
            await self._ask(self._redis.pexpire(demand.name, SLOT_MS))

    async def close(self) -> None:
        await self._redis.aclose()

    async def _ask(self, command: Any) -> Any:
        try:
            return await command
        except (RedisError, OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise CountersUnavailable(type(error).__name__) from error


def wait_ms(demand: Demand, left: int, now_ms: int) -> float:
    """Return how long a refused demand has to wait until it may be granted."""
    match demand.kind:
        case "window":
            return max(demand.span_ms - now_ms, 0.0)
        case "pace":
            return max(demand.amount - left, 0) * demand.span_ms
    return 1000.0


def clock_ms() -> int:
    """Return the time, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000
