"""What may be forgotten at any moment: shared by all processes in Redis, or kept by one process for itself.

Django's `cache` is the shared one: limits of log-ins and tokens that count once must hold over all processes. What only
saves work (counts, rendered texts) stays in the process: nobody waits for Redis there, and no visitor fills it.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import redis
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.utils.connection import ConnectionProxy

_TIMEOUT_SECONDS = 0.25
#: How long Redis is left alone after it failed, so that an outage slows nobody down.
_PAUSE_SECONDS = 5.0
_log = logging.getLogger(__name__)

#: What this process remembers for itself, a bounded number of entries.
of_process = ConnectionProxy(caches, "process")


class Json:
    """Writes values for Redis. Nothing that is read from there can run: no pickles."""

    def dumps(self, value: object) -> bytes:
        """Return a value of plain types as text; counters stay numbers that Redis can add to."""
        return json.dumps(value).encode()

    def loads(self, text: Any) -> Any:
        """Return the value."""
        return json.loads(text)


class _Redis:
    """The connections of this process to a Redis, and whether it is worth asking."""

    def __init__(self, address: str) -> None:
        timeouts: dict[str, Any] = {"socket_timeout": _TIMEOUT_SECONDS, "socket_connect_timeout": _TIMEOUT_SECONDS}
        self.client = RedisCacheClient([address], serializer="common.caches.Json", **timeouts)
        self._asleep_until = 0.0

    @property
    def is_awake(self) -> bool:
        return time.monotonic() >= self._asleep_until

    def failed(self, error: Exception) -> None:
        """Leave it alone for a while, and say so."""
        self._asleep_until = time.monotonic() + _PAUSE_SECONDS
        _log.warning("cache.unavailable", extra={"error": type(error).__name__})


@lru_cache(maxsize=4)
def _redis(address: str) -> _Redis:
    return _Redis(address)


def _shared_or_alone(name: str) -> Callable[..., Any]:
    def method(self: SharedCache, *args: Any, **kwargs: Any) -> Any:
        link = _redis(self.address)
        if link.is_awake:
            try:
                return getattr(super(SharedCache, self), name)(*args, **kwargs)
            except redis.RedisError as error:
                link.failed(error)
        return getattr(self._alone, name)(*args, **kwargs)

    method.__name__ = name
    return method


class SharedCache(RedisCache):
    """Redis; while it is away the process's own memory: limits hold in each process, and nobody is locked out."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.address = server
        self._alone = LocMemCache(f"alone:{server}", params)

    @property
    def _cache(self) -> RedisCacheClient:
        # Django makes a cache for each request: the connections outlive it
        return _redis(self.address).client

    add = _shared_or_alone("add")
    get = _shared_or_alone("get")
    set = _shared_or_alone("set")
    touch = _shared_or_alone("touch")
    delete = _shared_or_alone("delete")
    incr = _shared_or_alone("incr")
    has_key = _shared_or_alone("has_key")
    get_many = _shared_or_alone("get_many")
    set_many = _shared_or_alone("set_many")
    delete_many = _shared_or_alone("delete_many")

    def clear(self) -> None:
        """Forget what is under the prefix of this site. Redis holds more than the cache: it is never flushed."""
        if not self.key_prefix:
            raise ValueError("A shared cache without KEY_PREFIX cannot be cleared.")
        self._alone.clear()
        client = self._cache.get_client(write=True)
        for key in client.scan_iter(match=f"{self.key_prefix}:*", count=1000):
            client.delete(key)
