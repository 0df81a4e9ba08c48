"""Remembered answers: the port, on Redis and in memory. Whatever is wrong with the store, the call is made."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol

import redis.asyncio
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

#: How long a store that did not answer is left alone.
_REST_SECONDS = 1.0
_TIMEOUT_SECONDS = 0.25
#: How often it is tried to end a claim while the store is away.
_RELEASES = 120
_CONNECTIONS = 64
#: How long a call waits for one of them.
_WAIT_SECONDS = 5.0
#: Ends a claim only where it is still ours.
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class MemoStore(Protocol):
    """Keys are texts, values bytes. Nothing here raises: what cannot be reached is not there."""

    async def get(self, key: str) -> bytes | None: ...

    async def put(self, key: str, value: bytes, ttl_seconds: int) -> None: ...

    async def claim(self, key: str, seconds: int) -> str | None:
        """Return a token when nobody else is fetching `key`, "" when the store cannot tell, None when somebody is."""
        ...

    async def release(self, key: str, token: str) -> None: ...

    async def close(self) -> None: ...


class MemoryMemos:
    """In this process alone, the oldest first out. size_bytes: of all values."""

    def __init__(self, *, size_bytes: int = 64 * 1024 * 1024, clock: Callable[[], float] = time.monotonic) -> None:
        self._size_bytes, self._clock = size_bytes, clock
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._held_bytes = 0
        self._claims: dict[str, tuple[float, str]] = {}

    async def get(self, key: str) -> bytes | None:
        kept = self._kept.get(key)
        if kept is None or kept[0] <= self._clock():
            return None
        return kept[1]

    async def put(self, key: str, value: bytes, ttl_seconds: int) -> None:
        self._forget(key)
        self._kept[key] = (self._clock() + ttl_seconds, value)
        self._held_bytes += len(value)
        while self._held_bytes > self._size_bytes:
            self._forget(next(iter(self._kept)))

    async def claim(self, key: str, seconds: int) -> str | None:
        claim = self._claims.get(key)
        if claim is not None and claim[0] > self._clock():
            return None
        token = secrets.token_hex(8)
        self._claims[key] = (self._clock() + seconds, token)
        return token

    async def release(self, key: str, token: str) -> None:
        claim = self._claims.get(key)
        if claim is not None and claim[1] == token:
            del self._claims[key]

    async def close(self) -> None:
        return None

    def _forget(self, key: str) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._held_bytes -= len(kept[1])


class RedisMemos:
    """In Redis, for all processes. timeout_seconds: how long Redis may take to answer before it is away."""

    def __init__(self, address: str, *, timeout_seconds: float = _TIMEOUT_SECONDS) -> None:
        # a pool that refused instead of letting wait would look like a store that is away, just when many ask
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            address,
            socket_timeout=timeout_seconds,
            socket_connect_timeout=timeout_seconds,
            max_connections=_CONNECTIONS,
            timeout=_WAIT_SECONDS,
        )
        self._redis: Any = redis.asyncio.Redis.from_pool(pool)
        self._rests_until = 0.0
        self._releasing: set[asyncio.Task[None]] = set()

    async def get(self, key: str) -> bytes | None:
        found = await self._ask(lambda: self._redis.get(f"memo:{key}"))
        return found if isinstance(found, bytes) else None

    async def put(self, key: str, value: bytes, ttl_seconds: int) -> None:
        await self._ask(lambda: self._redis.set(f"memo:{key}", value, ex=ttl_seconds))

    async def claim(self, key: str, seconds: int) -> str | None:
        token = secrets.token_hex(8)
        won = await self._ask(lambda: self._redis.set(f"memo-claim:{key}", token, nx=True, ex=seconds), away="away")
        if won == "away":
            return ""
        return token if won else None

    async def release(self, key: str, token: str) -> None:
        if token and not await self._is_released(key, token):
            task = asyncio.create_task(self._release_later(key, token))
            self._releasing.add(task)
            task.add_done_callback(self._releasing.discard)

    async def _is_released(self, key: str, token: str) -> bool:
        told = await self._ask(lambda: self._redis.eval(_RELEASE, 1, f"memo-claim:{key}", token), away="away")
        return bool(told != "away")

    async def _release_later(self, key: str, token: str) -> None:
        """Try again: others wait for as long as a claim stands."""
        for _ in range(_RELEASES):
            await asyncio.sleep(_REST_SECONDS)
            if await self._is_released(key, token):
                return

    async def close(self) -> None:
        for task in self._releasing:
            task.cancel()
        await self._redis.aclose()

    async def _ask(self, command: Callable[[], Any], away: str | None = None) -> Any:
        """Return what Redis answers, or `away`. A Redis that is away is not asked again for a while."""
        if time.monotonic() < self._rests_until:
            return away
        try:
            return await command()
        except (RedisError, OSError, TimeoutError) as error:
            self._rests_until = time.monotonic() + _REST_SECONDS
            log.warning("memo.store_away reason=%s", type(error).__name__)
            return away
